package dev.postern.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteOptionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-c postern.route=orders | orders | ''",
                "-cpostern.route=orders | orders | ''",
                "--postern.route=orders | orders | ''",
                "endpoint=orders | orders | ''",
                "-c geqo=off -c postern.route=a -c jit=off | a | -c geqo=off -c jit=off",
                "-c postern.route=a -c postern.route=b | b | ''",
                "-c postern.route=my\\ route -c x=a\\ b | my route | -c x=a\\ b",
                "'-c  search_path=x\tendpoint=e' | e | -c search_path=x",
                "-c postern.route= | '' | ''",
            })
    void takesTheRouteAndLeavesTheRest(String options, String route, String remaining) {
        assertThat(RouteOption.take(options)).isEqualTo(new RouteOption(Optional.of(route), remaining));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-c geqo=off",
                "''",
                "-c",
                "-c x=endpoint=1",
                "-c application_name=postern.route=x",
                "-c endpoint=x\\",
                "'  -c   a=b  '",
            })
    void leavesOptionsWithoutARouteAlone(String options) {
        assertThat(RouteOption.take(options).route()).isEmpty();
        assertThat(RouteOption.take(options).remaining().replaceAll("\\s+", " ").strip())
                .isEqualTo(options.replaceAll("\\s+", " ").strip());
    }
}

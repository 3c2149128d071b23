package dev.postern.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.ServerFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/operations.md and the code list the same. */
class OperationsDocumentTest {
    private final String document = Files.readString(Path.of("..", "docs", "operations.md"));

    OperationsDocumentTest() throws IOException {}

    @Test
    void listsEveryMetric() {
        assertThat(Metric.values())
                .allSatisfy(metric -> assertThat(document).contains("| `" + metric.scrapedName() + "` |"));
    }

    @Test
    void listsNoOtherMetric() {
        assertThat(document.lines().filter(line -> line.startsWith("| `postern_")))
                .hasSameSizeAs(Metric.values());
    }

    @Test
    void listsEveryReasonOfAServersEnd() {
        assertThat(CloseReason.values())
                .allSatisfy(reason -> assertThat(document).contains('`' + reason.label() + '`'));
        assertThat(ServerFailure.Kind.values())
                .allSatisfy(kind -> assertThat(document).contains('`' + kind.label() + '`'));
    }
}

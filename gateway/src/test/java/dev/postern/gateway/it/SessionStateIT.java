package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a client sets stays with it, though clients share a server connection. */
@ExtendWith(CleanAfterEach.class)
class SessionStateIT {

    static Stream<Arguments> settings() {
        return Stream.of(
                        new String[] {"client_encoding", "LATIN1", "LATIN1"},
                        new String[] {"DateStyle", "German", "German, DMY"},
                        new String[] {"TimeZone", "Asia/Tokyo", "Asia/Tokyo"},
                        new String[] {"application_name", "mine", "mine"},
                        new String[] {"IntervalStyle", "iso_8601", "iso_8601"},
                        new String[] {"search_path", "pg_catalog", "pg_catalog"},
                        new String[] {"standard_conforming_strings", "off", "off"})
                .flatMap(setting -> dev.postern.gateway.it.harness.Targets.sharing()
                        .map(target -> Arguments.of(target, setting[0], setting[1], setting[2])));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("settings")
    void keepsWhatAClientSetsToItself(Target target, String name, String value, String shown) {
        try (WireClient setter = WireClient.connect(target.oneServer());
                WireClient other = WireClient.connect(target.oneServer())) {
            String before = other.ask("show " + name);
            assertThat(before).isNotEqualTo(shown);
            assertThat(setter.query("set " + name + " = '" + value + "'")).contains("C(SET)", "Z(I)");
            for (int i = 0; i < 2; i++) {
                assertThat(other.ask("show " + name)).as("the other client's").isEqualTo(before);
                assertThat(setter.ask("show " + name)).as("the setter's").isEqualTo(shown);
            }
            setter.query("reset " + name);
            assertThat(setter.ask("show " + name)).isEqualTo(before);
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("settings")
    void keepsStartupParametersToTheirClient(Target target, String name, String value, String shown) {
        try (WireClient plain = WireClient.connect(target.oneServer());
                WireClient asked = WireClient.connect(target.oneServer().withParameter(name, value))) {
            String before = plain.ask("show " + name);
            assertThat(before).isNotEqualTo(shown);
            for (int i = 0; i < 2; i++) {
                assertThat(asked.ask("show " + name)).isEqualTo(shown);
                assertThat(plain.ask("show " + name)).isEqualTo(before);
            }
        }
    }

    @SharingTargets
    void reportsASettingThatChangesAndNoOther(Target target) {
        try (WireClient setter = WireClient.connect(target.oneServer());
                WireClient other = WireClient.connect(target.oneServer())) {
            assertThat(setter.query("set TimeZone = 'Asia/Tokyo'"))
                    .containsExactly("C(SET)", "S(TimeZone=Asia/Tokyo)", "Z(I)");
            assertThat(other.query("select 1 as n")).containsExactly("T(n:23)", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(setter.query("select 1 as n")).containsExactly("T(n:23)", "D(1)", "C(SELECT 1)", "Z(I)");
            assertThat(other.query("set TimeZone = 'Europe/Paris'"))
                    .containsExactly("C(SET)", "S(TimeZone=Europe/Paris)", "Z(I)");
            assertThat(setter.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
        }
    }

    @SharingTargets
    void appliesSettingsBeforeAPipelineToo(Target target) {
        try (WireClient setter = WireClient.connect(target.oneServer());
                WireClient other = WireClient.connect(target.oneServer())) {
            setter.query("set DateStyle = 'German'");
            other.query("set DateStyle = 'SQL, DMY'");
            byte[] date = parse("", "select date '2024-02-01'::text");
            setter.send(date, bind("", ""), execute(), sync(), date, bind("", ""), execute(), sync());
            other.send(date, bind("", ""), execute(), sync());
            for (int i = 0; i < 2; i++) {
                assertThat(setter.answers()).containsExactly("1", "2", "D(01.02.2024)", "C(SELECT 1)", "Z(I)");
            }
            assertThat(other.answers()).containsExactly("1", "2", "D(01/02/2024)", "C(SELECT 1)", "Z(I)");
        }
    }

    @SharingTargets
    void undoesASettingWithItsTransaction(Target target) {
        try (WireClient client = WireClient.connect(target.oneServer());
                WireClient other = WireClient.connect(target.oneServer())) {
            String before = client.ask("show TimeZone");
            client.query("begin");
            client.query("set TimeZone = 'Asia/Tokyo'");
            assertThat(client.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
            client.query("rollback");
            assertThat(other.ask("show TimeZone")).isEqualTo(before);
            assertThat(client.ask("show TimeZone")).isEqualTo(before);
            client.query("begin; set local TimeZone = 'Asia/Tokyo'; commit");
            assertThat(client.ask("show TimeZone")).isEqualTo(before);
            client.query("begin; set TimeZone = 'Asia/Tokyo'; commit");
            assertThat(other.ask("show TimeZone")).isEqualTo(before);
            assertThat(client.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
        }
    }

    @SharingTargets
    void keepsAStatementTimeoutToItself(Target target) {
        try (WireClient setter = WireClient.connect(target.oneServer());
                WireClient other = WireClient.connect(target.oneServer())) {
            setter.query("set statement_timeout = 5000; set work_mem = '5MB'");
            assertThat(other.ask("select current_setting('statement_timeout') || current_setting('work_mem')"))
                    .isEqualTo("04MB");
            assertThat(setter.ask("show statement_timeout")).isEqualTo("5s");
            assertThat(setter.ask("show work_mem")).isEqualTo("5MB");
            setter.query("set statement_timeout = 0");
            assertThat(setter.ask("show statement_timeout")).isEqualTo("0");
            assertThat(setter.ask("show work_mem")).isEqualTo("5MB");
        }
    }

    @SharingTargets
    void endsNobodysSessionForASettingOfATransaction(Target target) {
        try (WireClient setter = WireClient.connect(target.oneServer());
                WireClient other = WireClient.connect(target.oneServer())) {
            setter.query("begin");
            setter.query("set transaction_isolation = 'serializable'");
            setter.query("set transaction_read_only = on");
            setter.query("commit");
            for (int i = 0; i < 2; i++) {
                assertThat(other.ask("show transaction_read_only")).isEqualTo("off");
                assertThat(setter.ask("show transaction_isolation")).isEqualTo("read committed");
            }
        }
    }
}

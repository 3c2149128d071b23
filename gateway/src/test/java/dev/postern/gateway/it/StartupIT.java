package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayTargets;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Startup parameters, ParameterStatus and the versions of the protocol. */
@ExtendWith(CleanAfterEach.class)
class StartupIT {

    @GatewayTargets
    void reportsTheParametersThatPostgresReports(Target target) {
        try (WireClient direct = Target.DIRECT.connect();
                WireClient client = target.connect()) {
            // Only these tell who the server role is, which is not the client's business.
            assertThat(reported(client))
                    .filteredOn(text -> !text.startsWith("S(session_authorization="))
                    .containsExactlyInAnyOrderElementsOf(reported(direct).stream()
                            .filter(text -> !text.startsWith("S(session_authorization="))
                            .toList());
        }
    }

    private static List<String> reported(WireClient client) {
        return client.loginMessages().stream()
                .filter(message -> message.type() == 'S')
                .map(WireMessage::toString)
                .toList();
    }

    @EveryTarget
    void appliesStartupParametersAndReportsThem(Target target) {
        try (WireClient client = target.connect(
                "application_name", "startup test",
                "client_encoding", "LATIN1",
                "DateStyle", "German",
                "TimeZone", "Asia/Tokyo",
                "IntervalStyle", "iso_8601",
                "standard_conforming_strings", "off")) {
            assertThat(client.parameterStatus("application_name")).isEqualTo("startup test");
            assertThat(client.parameterStatus("client_encoding")).isEqualTo("LATIN1");
            assertThat(client.parameterStatus("DateStyle")).isEqualTo("German, DMY");
            assertThat(client.parameterStatus("TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(client.parameterStatus("IntervalStyle")).isEqualTo("iso_8601");
            assertThat(client.parameterStatus("standard_conforming_strings")).isEqualTo("off");
            assertThat(client.ask("show application_name")).isEqualTo("startup test");
            assertThat(client.ask("show client_encoding")).isEqualTo("LATIN1");
            assertThat(client.ask("show DateStyle")).isEqualTo("German, DMY");
            assertThat(client.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(client.ask("show IntervalStyle")).isEqualTo("iso_8601");
            assertThat(client.ask("show standard_conforming_strings")).isEqualTo("off");
        }
    }

    @EveryTarget
    void takesParameterNamesInAnyCase(Target target) {
        try (WireClient client =
                target.connect("datestyle", "SQL, DMY", "timezone", "UTC", "extra_float_digits", "2")) {
            assertThat(client.ask("show DateStyle")).isEqualTo("SQL, DMY");
            assertThat(client.ask("show TimeZone")).isEqualTo("UTC");
            assertThat(client.ask("show extra_float_digits")).isEqualTo("2");
        }
    }

    @EveryTarget
    void takesAnEmptyApplicationName(Target target) {
        try (WireClient client = target.connect("application_name", "")) {
            assertThat(client.parameterStatus("application_name")).isEmpty();
            assertThat(client.ask("show application_name")).isEmpty();
        }
    }

    @EveryTarget
    void takesSettingsFromOptions(Target target) {
        try (WireClient client = target.connect(
                "options",
                "-c search_path=pg_catalog -cTimeZone=Asia/Tokyo --DateStyle=SQL -c application_name=a\\ b")) {
            assertThat(client.ask("show search_path")).isEqualTo("pg_catalog");
            assertThat(client.ask("show TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(client.ask("show DateStyle")).isEqualTo("SQL, MDY");
            assertThat(client.ask("show application_name")).isEqualTo("a b");
            assertThat(client.parameterStatus("TimeZone")).isEqualTo("Asia/Tokyo");
        }
    }

    @EveryTarget
    void refusesAnInvalidValue(Target target) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> target.connect("DateStyle", "no such style").close());
        assertThat(refused).isNotNull();
        assertThat(refused.error()).hasToString("E(FATAL 22023)");
    }

    @EveryTarget
    void refusesAnUnknownParameter(Target target) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> target.connect("no_such_parameter", "1").close());
        assertThat(refused).isNotNull();
        assertThat(refused.error()).hasToString("E(FATAL 42704)");
    }

    @Test
    void postgres17AnswersVersion32WithItsOwn() {
        try (WireClient client = WireClient.connect(Target.DIRECT.address().withProtocol(FrontendBytes.PROTOCOL_3_2))) {
            assertThat(negotiations(client)).containsExactly("v(3.0)");
        }
    }

    @GatewayTargets
    void speaksVersion32WithoutNegotiation(Target target) {
        try (WireClient client = WireClient.connect(target.address().withProtocol(FrontendBytes.PROTOCOL_3_2))) {
            assertThat(negotiations(client)).isEmpty();
            assertThat(client.backendKey().length).isBetween(5, 256);
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void givesVersion30ClientsAKeyOfFourBytes(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.backendKey()).hasSize(4);
        }
    }

    @GatewayTargets
    void negotiatesALaterMinorVersionDown(Target target) {
        try (WireClient client = WireClient.connect(target.address().withProtocol(3 << 16 | 9999))) {
            assertThat(negotiations(client)).containsExactly("v(3.2)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void namesTheProtocolOptionsItDoesNotKnow(Target target) {
        try (WireClient client = target.connect("_pq_.no_such_option", "1")) {
            assertThat(negotiations(client)).containsExactly("v(3.0,_pq_.no_such_option)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void refusesOtherMajorVersions(Target target) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            address.tls().ifPresent(client::startTls);
            client.send(FrontendBytes.startup(4 << 16, Map.of("user", "app", "database", address.database())));
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 0A000)");
        }
    }

    private static List<String> negotiations(WireClient client) {
        return client.loginMessages().stream()
                .filter(message -> message.type() == 'v')
                .map(WireMessage::toString)
                .toList();
    }
}

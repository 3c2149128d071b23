package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code pool.disablePqexec}: the extended protocol works, a simple query ends the client wherever it comes. */
class NoSimpleQueriesIT {
    private static final String ENDED = "E(FATAL 08P01)";

    private final GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(
            route("transaction"),
            route("session"),
            RouteYaml.to(PostgresServers.shared(), "usual", "orders").withPool("{mode: transaction}")));

    private static RouteYaml route(String mode) {
        return RouteYaml.to(PostgresServers.shared(), mode, "orders")
                .withPool("{mode: " + mode + ", defaultPoolSize: 1, disablePqexec: true}");
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    private WireClient connect(String database) {
        return WireClient.connect(gateway.plainAddress(database));
    }

    private static List<String> extended(WireClient client, String sql) {
        return client.send(parse("", sql), bind("", ""), execute(), sync()).answers();
    }

    private static void assertEnds(WireClient client) {
        assertThat(client.receiveUntilClosed()).extracting(Object::toString).containsExactly(ENDED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"transaction", "session"})
    void theFirstOneEndsTheClient(String mode) {
        try (WireClient client = connect(mode)) {
            client.send(query("select 1; drop table nothing"));
            assertEnds(client);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"transaction", "session"})
    void oneWithinATransactionDoesNotRun(String mode) {
        try (WireClient client = connect(mode)) {
            assertThat(extended(client, "begin")).contains("C(BEGIN)", "Z(T)");
            assertThat(extended(client, "set local application_name = 'before'"))
                    .contains("C(SET)");
            client.send(query("commit"));
            assertEnds(client);
        }
        try (WireClient next = connect(mode)) {
            assertThat(extended(next, "select 7")).contains("D(7)", "Z(I)");
        }
    }

    /** In whatever pieces it comes. */
    @Test
    void oneBehindOtherMessagesDoesNotRun() {
        try (WireClient client = connect("transaction")) {
            client.sendSplit(3, parse("", "select 7"), bind("", ""), execute(), sync(), query("select 8"));
            List<String> answers =
                    client.receiveUntilClosed().stream().map(Object::toString).toList();
            assertThat(answers).endsWith(ENDED).doesNotContain("D(8)");
        }
    }

    @Test
    void otherRoutesTakeThem() {
        try (WireClient client = connect("usual")) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }
}

package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ends sessions and server connections by the clock, and whom a route admits. */
class TimeoutsIT {
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        orders,
                        orders.named("query").withTimeouts("{queryTimeout: 300ms}"),
                        orders.named("idle_transaction").withTimeouts("{idleTransactionTimeout: 300ms}"),
                        orders.named("transaction").withMore("users: {app: {transactionTimeout: 300ms}}"),
                        orders.named("idle").withMore("users: {app: {clientIdleTimeout: 300ms}}"),
                        orders.named("lifetime").withPool("{mode: transaction, serverLifetime: 500ms}"),
                        orders.named("server_idle").withPool("{mode: transaction, serverIdleTimeout: 300ms}"),
                        orders.named("by_user")
                                .withTimeouts("{queryTimeout: 1m, clientIdleTimeout: 1m}")
                                .withMore("users: {app: {queryTimeout: 300ms}}"),
                        orders.named("by_user_elsewhere")
                                .withClientAuth("{scram: {users: {hasty: {password: app-secret}}}}")
                                .withTimeouts("{transactionTimeout: 1m, idleTransactionTimeout: 1m}"),
                        orders.named("by_route")
                                .withClientAuth("{scram: {users: {hasty: {password: app-secret}}}}")
                                .withTimeouts("{idleTransactionTimeout: 900ms}")
                                .withMore(
                                        "users: {hasty: {transactionTimeout: 0s}, nobody: {idleTransactionTimeout: 0s}}"),
                        orders.named("impatient_user")
                                .withPool("{mode: transaction, defaultPoolSize: 1, queryWaitTimeout: 1m}")
                                .withMore("users: {app: {queryWaitTimeout: 300ms}}"),
                        orders.named("other_users").withMore("access: {allowUsers: [somebody]}"),
                        orders.named("other_networks").withMore("access: {allowCidrs: [192.0.2.0/24]}"),
                        orders.named("shut_out").withMore("access: {denyCidrs: [127.0.0.0/8]}"))
                .withMore("users: {hasty: {transactionTimeout: 300ms, clientIdleTimeout: 1m}}\n"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.assertClean();
    }

    @Test
    void endsAQueryThatTakesTooLong() {
        try (WireClient client = gateway.connect("query")) {
            client.send(FrontendBytes.query("select pg_sleep(60)"));
            assertThat(lastWords(client)).isEqualTo("E(FATAL 57014)");
        }
        try (WireClient next = gateway.connect("query")) {
            assertThat(next.ask("select 1")).isEqualTo("1");
        }
    }

    /** The time counts while a query runs: a client that thinks inside its transaction has none (pgbouncer #1395). */
    @Test
    void doesNotTakeAPauseForAQuery() throws InterruptedException {
        try (WireClient client = gateway.connect("query")) {
            client.query("begin");
            Thread.sleep(Duration.ofMillis(1000)); // three times what a query may take
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertThat(client.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
        }
    }

    @Test
    void endsAndRollsBackAnIdleTransaction() {
        String table = Names.unique("idle");
        try (WireClient client = gateway.connect("idle_transaction")) {
            client.query("begin");
            client.query("create table " + table + " (n int)");
            assertThat(lastWords(client)).isEqualTo("E(FATAL 25P03)");
        }
        awaitAnswer("select to_regclass('" + table + "') is null", "t");
    }

    @Test
    void endsATransactionThatTakesTooLongAlsoInTheMiddleOfAQuery() {
        try (WireClient client = gateway.connect("transaction")) {
            client.query("begin");
            client.send(FrontendBytes.query("select pg_sleep(60)"));
            assertThat(lastWords(client)).isEqualTo("E(FATAL 25P04)");
        }
    }

    /** A route's user before the user anywhere, before the route, before the gateway. */
    @Test
    void aUsersTimeoutsComeBeforeTheRoutes() {
        try (WireClient client = gateway.connect("by_user")) {
            client.send(FrontendBytes.query("select pg_sleep(60)"));
            assertThat(lastWords(client)).isEqualTo("E(FATAL 57014)");
        }
        try (WireClient client =
                WireClient.connect(gateway.address("by_user_elsewhere").withUser("hasty"))) {
            client.query("begin");
            assertThat(lastWords(client)).isEqualTo("E(FATAL 25P04)"); // users at the top level
        }
        try (WireClient client = WireClient.connect(gateway.address("by_route").withUser("hasty"))) {
            client.query("begin");
            assertThat(lastWords(client)).isEqualTo("E(FATAL 25P03)"); // 0 in the route's users: no transactionTimeout
        }
        try (WireClient holder = gateway.connect("impatient_user");
                WireClient client = gateway.connect("impatient_user")) {
            holder.query("select 1; begin");
            client.send(FrontendBytes.query("select 1"));
            assertThat(lastWords(client)).isEqualTo("E(FATAL 53300)");
            holder.query("rollback");
        }
    }

    @Test
    void endsAClientThatIdles() {
        try (WireClient client = gateway.connect("idle")) {
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertThat(lastWords(client)).isEqualTo("E(FATAL 57P05)");
        }
    }

    @Test
    void replacesAServerThatIsOld() {
        try (WireClient client = gateway.connect("lifetime")) {
            String first = client.ask("select pg_backend_pid()");
            Awaitility.await()
                    .until(() -> !client.ask("select pg_backend_pid()").equals(first));
            awaitAnswer("select count(*) from pg_stat_activity where pid = " + first, "0");
        }
    }

    @Test
    void closesAServerThatNobodyUses() {
        try (WireClient client = gateway.connect("server_idle")) {
            String pid = client.ask("select pg_backend_pid()");
            awaitAnswer("select count(*) from pg_stat_activity where pid = " + pid, "0");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"other_users", "other_networks", "shut_out"})
    void aClientThatAccessDoesNotAdmitReadsOfAWrongPassword(String database) {
        assertThatThrownBy(() -> gateway.connect(database).close())
                .isInstanceOfSatisfying(
                        WireClient.LoginRefused.class,
                        refused -> assertThat(refused.error()).hasToString("E(FATAL 28P01)"));
    }

    private static String lastWords(WireClient client) {
        return client.receiveUntilClosed().stream()
                .map(WireMessage::toString)
                .filter(message -> message.startsWith("E("))
                .findFirst()
                .orElse("none");
    }

    private static void awaitAnswer(String sql, String expected) {
        try (WireClient observer = gateway.connect("orders")) {
            Awaitility.await(sql)
                    .untilAsserted(() -> assertThat(observer.ask(sql)).isEqualTo(expected));
        }
    }
}

package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.Statements;
import dev.postern.gateway.it.harness.VaultWorld;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients see of roles that come and go while Vault is there. TTL 2 s, max TTL 6 s: a tenth of what is usual for a demonstration. */
class VaultRotationIT {
    private static final Duration TTL = Duration.ofSeconds(2);
    private static final Duration MAX_TTL = Duration.ofSeconds(6);
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final PostgresServer POSTGRES = PostgresServers.shared();
    private static final String WHO = "select session_user, count(*) from rotation_table";

    @SuppressWarnings("NullAway.Init") // each scenario begins with start()
    private VaultWorld world;

    @SuppressWarnings("NullAway.Init")
    private GatewayFixture gateway;

    @BeforeAll
    static void makeTable() {
        POSTGRES.execute(
                "orders",
                "create table if not exists rotation_table (n int)",
                "alter table rotation_table owner to orders_backend");
    }

    @AfterEach
    void stop() {
        gateway.assertClean();
        gateway.close();
        try {
            // What its own time ends at this very moment, Vault drops a little later.
            Awaitility.await("no role is left")
                    .atMost(Duration.ofSeconds(2))
                    .untilAsserted(() -> assertThat(world.leasedRoles()).isEmpty());
            assertThat(world.aliveLeases()).isZero();
        } finally {
            world.close();
        }
    }

    private void start(VaultWorld with, String pool) {
        start(with, pool, "");
    }

    private void start(VaultWorld with, String pool, String more) {
        world = with;
        gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(POSTGRES, "leased", "orders")
                        .withCredentials("{vault: {connection: main, path: database/creds/orders-app" + more + "}}")
                        .withPool(pool))
                .withMore(world.yaml()));
    }

    private static VaultWorld shortLeases() {
        return VaultWorld.start(POSTGRES).withRole("orders-app", "orders", TTL, MAX_TTL);
    }

    private WireClient connect() {
        return gateway.connect("leased");
    }

    private static List<String> texts(List<WireMessage> messages) {
        return messages.stream().map(WireMessage::toString).toList();
    }

    @Test
    void tokenThatEndsUnderALongLeaseIsReplacedWithoutAnError() throws Exception {
        VaultWorld shortToken = VaultWorld.start(POSTGRES, Duration.ofSeconds(4), Duration.ofSeconds(4))
                .withRole("orders-app", "orders", LONG, LONG);
        start(shortToken, "{mode: transaction, defaultPoolSize: 3}");
        try (Statements statements = Statements.start(8, this::connect, WHO)) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> statements.answers().size() >= 4);
            assertThat(statements.failures()).isEmpty();
        }
        assertThat(world.logins()).isBetween(4, 9);
    }

    @Test
    void transactionsOfNearlyHalfTheMaxTtlCommit() throws Exception {
        start(shortLeases(), "{mode: transaction, defaultPoolSize: 4}");
        String sql = "begin; select session_user from rotation_table; select pg_sleep(2.4);"
                + " select session_user, count(*) from rotation_table; commit";
        try (Statements statements = Statements.start(4, this::connect, sql)) {
            statements.awaitMore(20);
            assertThat(statements.failures()).isEmpty();
        }
    }

    @Test
    void transactionKeepsItsRoleWhileOthersGetTheNewOne() {
        start(shortLeases(), "{mode: transaction, defaultPoolSize: 2}");
        try (WireClient busy = connect();
                WireClient other = connect()) {
            busy.query("begin");
            String before = busy.ask(WHO);
            Awaitility.await().atMost(MAX_TTL).until(() -> !other.ask(WHO).equals(before));
            assertThat(busy.ask(WHO)).isEqualTo(before);
            assertThat(busy.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(busy.ask(WHO)).isNotEqualTo(before);
        }
    }

    @Test
    void transactionLongerThanTheMaxTtlIsToldWhyAtTheDeadline() {
        start(shortLeases(), "{mode: transaction, defaultPoolSize: 2}");
        try (WireClient client = connect()) {
            client.query("begin");
            long begun = System.nanoTime();
            client.send(FrontendBytes.query("select pg_sleep(20)"));
            List<WireMessage> messages = client.receiveUntilClosed();
            Duration lasted = Duration.ofNanos(System.nanoTime() - begun);

            assertThat(texts(messages)).containsExactly("E(FATAL 57P01)");
            assertThat(messages.getLast().fields().get('M')).contains("credential", "rotated");
            assertThat(messages.getLast().fields().get('H')).contains("transaction must end within");
            assertThat(lasted).isBetween(MAX_TTL.minusMillis(2500), MAX_TTL);
        }
        // Nothing of it runs on in the database: the connection was closed, and its end is noticed at the next send.
        try (WireClient next = connect()) {
            assertThat(next.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void sessionModeClientGetsANoticeAtTheRotationAndAnErrorAtTheDeadline() {
        start(shortLeases(), "{mode: session, defaultPoolSize: 2}");
        try (WireClient client = connect()) {
            String role = client.ask(WHO);
            WireMessage notice = client.receive();
            assertThat(notice).hasToString("N(NOTICE 00000)");
            assertThat(notice.fields().get('M')).contains("credential", "rotated");
            assertThat(client.ask(WHO)).isEqualTo(role);
            assertThat(texts(client.receiveUntilClosed())).containsExactly("E(FATAL 57P01)");
            try (WireClient next = connect()) {
                assertThat(next.ask(WHO)).isNotEqualTo(role);
            }
        }
    }

    @Test
    void revokedLeaseIsNeverBlamedOnTheClientsSql() {
        start(
                VaultWorld.start(POSTGRES).withRole("orders-app", "orders", LONG, LONG),
                "{mode: transaction, defaultPoolSize: 3}");
        try (Statements statements = Statements.start(8, this::connect, WHO)) {
            statements.awaitMore(50);
            String before = statements.answers().iterator().next();
            world.revokeLeases();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> statements.answers().size() > 1);
            statements.awaitMore(50);

            // One for each of the three open connections at the most, and none that looks like the client's own fault.
            assertThat(statements.failures()).hasSizeLessThanOrEqualTo(3).allMatch("57P01"::equals);
            statements.forgetAnswers();
            statements.awaitMore(50);
            assertThat(statements.answers()).doesNotContain(before);
        }
    }

    @Test
    void leasesRevokedOneSoonAfterTheOtherAreEachReplacedAtOnce() {
        start(
                VaultWorld.start(POSTGRES).withRole("orders-app", "orders", LONG, LONG),
                "{mode: transaction, defaultPoolSize: 3}");
        try (Statements statements = Statements.start(8, this::connect, WHO)) {
            statements.awaitMore(50);
            for (int i = 0; i < 4; i++) {
                statements.forgetAnswers();
                world.revokeLeases();
                Awaitility.await()
                        .atMost(Duration.ofSeconds(5))
                        .until(() -> statements.answers().size() > 1);
                statements.awaitMore(50);
            }
            assertThat(statements.failures()).hasSizeLessThanOrEqualTo(4 * 3).allMatch("57P01"::equals);
        }
    }

    @Test
    void roleThatGoesWithinATransactionEndsItWith57P01() {
        start(
                VaultWorld.start(POSTGRES).withRole("orders-app", "orders", LONG, LONG),
                "{mode: transaction, defaultPoolSize: 2}");
        try (WireClient client = connect()) {
            client.query("begin");
            client.query(WHO);
            world.revokeLeases();
            client.send(FrontendBytes.query(WHO));
            assertThat(texts(client.receiveUntilClosed())).containsExactly("E(FATAL 57P01)");
        }
        try (WireClient next = connect()) {
            next.ask(WHO);
        }
    }

    @Test
    void aClientsOwnMistakesStayItsOwn() {
        start(
                VaultWorld.start(POSTGRES).withRole("orders-app", "orders", LONG, LONG),
                "{mode: transaction, defaultPoolSize: 2}");
        try (WireClient client = connect()) {
            String role = client.ask(WHO);
            assertThat(client.query("select * from no_such_table")).containsExactly("E(ERROR 42P01)", "Z(I)");
            assertThat(client.query("begin")).containsExactly("C(BEGIN)", "Z(T)");
            assertThat(client.query("select * from no_such_table")).containsExactly("E(ERROR 42P01)", "Z(E)");
            assertThat(client.query("rollback")).containsExactly("C(ROLLBACK)", "Z(I)");
            assertThat(client.query("select * from pg_authid")).containsExactly("E(ERROR 42501)", "Z(I)");
            client.send(
                    FrontendBytes.parse("", "select * from no_such_table"),
                    FrontendBytes.sync(),
                    FrontendBytes.query("select 7 as n"));
            assertThat(client.answers()).containsExactly("E(ERROR 42P01)", "Z(I)");
            assertThat(client.answers()).containsExactly("T(n:23)", "D(7)", "C(SELECT 1)", "Z(I)");
            assertThat(client.ask(WHO)).isEqualTo(role);
        }
        assertThat(world.requests("creds/")).isOne();
    }

    @Test
    void aClientThatLeavesWhileItsErrorIsLookedIntoLeavesNothingBehind() {
        start(
                VaultWorld.start(POSTGRES).withRole("orders-app", "orders", LONG, LONG),
                "{mode: transaction, defaultPoolSize: 2}");
        for (int i = 0; i < 20; i++) {
            WireClient client = connect();
            client.send(FrontendBytes.query("select * from no_such_table"));
            client.abandon();
        }
        gateway.assertNoClients();
        try (WireClient next = connect()) {
            next.ask(WHO);
        }
    }

    @Test
    void drainedStopLeavesNoRoleWhileTransactionsEnd() throws Exception {
        start(shortLeases(), "{mode: transaction, defaultPoolSize: 3}");
        try (WireClient busy = connect()) {
            busy.query("begin");
            busy.query(WHO);
            var drained = gateway.drain(Duration.ofSeconds(10));
            busy.send(FrontendBytes.query("commit"));
            assertThat(texts(busy.receiveUntilClosed())).endsWith("E(FATAL 57P01)");
            drained.get(10, TimeUnit.SECONDS);
        }
    }

    /** What the leased role makes must belong to a role that stays, or Vault could not drop it. */
    @Test
    void aRoleNamedInTheBackendsParametersOwnsWhatClientsMakeAndNoResetUndoesIt() {
        world = VaultWorld.start(POSTGRES).withRole("orders-app", "orders", LONG, LONG);
        RouteYaml route = RouteYaml.to(POSTGRES, "leased", "orders")
                .withCredentials(VaultWorld.credentials("orders-app"))
                .withPool("{mode: transaction, defaultPoolSize: 1}")
                .withBackendParameters("{role: orders_backend}");
        RouteYaml sessions = route.named("leased_session").withPool("{mode: session, defaultPoolSize: 1}");
        gateway = GatewayFixture.start(GatewayYaml.of(route, sessions).withMore(world.yaml()));
        String who = "select session_user like 'v-%' and current_user = 'orders_backend'";
        for (String database : List.of("leased", "leased_session")) {
            try (WireClient client = gateway.connect(database)) {
                assertThat(client.ask(who)).isEqualTo("t");
                client.query("create table owned_by_group (n int)");
                assertThat(client.ask("select tableowner from pg_tables where tablename = 'owned_by_group'"))
                        .isEqualTo("orders_backend");
                client.query("drop table owned_by_group");
                for (String reset : List.of(
                        "discard all", "reset role", "reset session authorization", "reset all", "set role none")) {
                    client.query(reset);
                }
            }
            try (WireClient next = gateway.connect(database)) { // the same server, after its reset
                assertThat(next.ask(who)).isEqualTo("t");
            }
        }
    }

    /** The connection that listens for all moves to the new role like the others. */
    @Test
    void whoListensMissesNothingOverRotations() {
        start(shortLeases(), "{mode: transaction, defaultPoolSize: 3}");
        try (WireClient listener = connect();
                WireClient other = connect()) {
            listener.query("listen rotations");
            Set<String> roles = new HashSet<>();
            int said = 0;
            long end = System.nanoTime() + MAX_TTL.multipliedBy(4).toNanos();
            while (roles.size() < 4) {
                assertThat(System.nanoTime()).as("three rotations in time").isLessThan(end);
                assertThat(other.query("notify rotations, '" + said + "'")).containsExactly("C(NOTIFY)", "Z(I)");
                roles.add(other.ask("select session_user"));
                assertThat(listener.receiveWithin(SOON).map(WireMessage::toString))
                        .contains("A(rotations," + said++ + ")");
            }
        }
    }

    @Test
    void rolesAreMadeMoreSeldomThanLeasesEndOnceTransactionsAreKnownToBeShort() {
        start(shortLeases(), "{mode: transaction, defaultPoolSize: 2}");
        try (Statements statements = Statements.start(4, this::connect, WHO)) {
            awaitSince(System.nanoTime(), MAX_TTL.multipliedBy(2).plusSeconds(2)); // then they are
            long before = world.requests("creds/");
            awaitSince(System.nanoTime(), MAX_TTL.multipliedBy(2));
            assertThat(statements.failures()).isEmpty();
            // Two max TTLs, six TTLs. Of six seconds one is Vault's counting in whole ones and half of one the margin.
            assertThat(world.requests("creds/") - before).isBetween(2L, 5L);
        }
    }

    private static void awaitSince(long begun, Duration time) {
        Awaitility.await()
                .atMost(time.multipliedBy(2))
                .until(() -> Duration.ofNanos(System.nanoTime() - begun).compareTo(time) >= 0);
    }
}

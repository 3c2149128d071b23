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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two hundred clients leave things in their sessions and go as they like: the next client finds nothing of it. */
class SessionStateStormIT {
    private static final int CLIENTS = 200;
    private static final int SERVERS = 5;
    private static final List<String> STATEMENTS = List.of(
            "create temp table scratch (n int)",
            "begin; create temp table scratch (n int); commit",
            "begin; create temp table scratch (n int) on commit drop; insert into scratch values (1); commit",
            "select pg_advisory_lock_shared(1), pg_sleep(0.002)",
            "begin; select pg_try_advisory_lock(%d); commit",
            "set myapp.who = 'client %d'",
            "set search_path = 'client %d'",
            "begin; set myapp.who = 'client %d'; select pg_sleep(0.002)",
            "rollback",
            "prepare mine as select 1",
            "begin; declare held cursor with hold for select 1; commit",
            "listen storm",
            "set role orders_backend",
            "discard all",
            "select 1/0",
            "select 1");

    @ParameterizedTest(name = "pinned: {0}")
    @ValueSource(booleans = {true, false})
    void findsNothingOfThoseBefore(boolean pinned) throws Exception {
        RouteYaml route = RouteYaml.to(PostgresServers.shared(), "storm", "orders")
                .withPool("{mode: transaction, defaultPoolSize: " + SERVERS + ", queryWaitTimeout: 20s,"
                        + " pinOnSessionState: " + pinned + "}");
        AtomicInteger statements = new AtomicInteger();
        try (GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(route))) {
            Semaphore atOnce = new Semaphore(40);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    int n = i;
                    all.add(threads.submit(() -> {
                        atOnce.acquireUninterruptibly();
                        try {
                            behaveBadly(gateway, n, statements);
                        } finally {
                            atOnce.release();
                        }
                    }));
                }
                for (Future<?> one : all) {
                    one.get();
                }
            }
            assertThat(statements.get()).as("statements that were answered").isGreaterThan(CLIENTS);
            gateway.assertClean();
            assertNothingIsLeft(gateway);
            gateway.assertClean();
        }
    }

    private static void behaveBadly(GatewayFixture gateway, int n, AtomicInteger statements) {
        Random random = new Random(n);
        WireClient client = WireClient.connect(gateway.plainAddress("storm"));
        try {
            for (int i = random.nextInt(6); i >= 0; i--) {
                String sql = STATEMENTS.get(random.nextInt(STATEMENTS.size())).formatted(n);
                if (random.nextInt(3) == 0) {
                    client.send(parse("", sql), bind("", ""), execute(), sync());
                } else {
                    client.send(query(sql));
                }
                if (random.nextInt(4) > 0) {
                    client.receiveUntilReady();
                    statements.incrementAndGet();
                }
            }
        } catch (WireClient.ConnectionEnded | java.io.UncheckedIOException refused) {
            assertThat(n).isNotNegative(); // what cannot be kept ends the session
        } finally {
            switch (random.nextInt(3)) {
                case 0 -> client.close();
                case 1 -> client.kill();
                default -> client.abandon();
            }
        }
    }

    private static void assertNothingIsLeft(GatewayFixture gateway) {
        List<WireClient> clients = Stream.generate(() -> WireClient.connect(gateway.plainAddress("storm")))
                .limit(SERVERS)
                .toList();
        try {
            for (WireClient client : clients) {
                client.query("begin");
                assertThat(client.ask("select count(*) from pg_depend where pg_my_temp_schema() <> 0"
                                + " and refclassid = 'pg_namespace'::regclass and refobjid = pg_my_temp_schema()"))
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_locks where locktype = 'advisory'"))
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_cursors")).isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_prepared_statements where from_sql"))
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_listening_channels()"))
                        .isEqualTo("0");
                assertThat(client.ask("select coalesce(current_setting('myapp.who', true), '')"))
                        .isEmpty();
                assertThat(client.ask("show search_path")).isEqualTo("\"$user\", public");
                assertThat(client.ask("show role")).isEqualTo("none");
            }
        } finally {
            clients.forEach(WireClient::close);
        }
    }
}

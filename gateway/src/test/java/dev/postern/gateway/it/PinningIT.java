package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What cannot be put on another server: in transaction mode it keeps its client there ({@code pinOnSessionState}), or is
 * refused. Either way the next client finds nothing of it.
 */
class PinningIT {
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        RouteYaml route = RouteYaml.to(PostgresServers.shared(), "pins", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        route.withPool("{mode: transaction, defaultPoolSize: 2, pinOnSessionState: true}"),
                        route.named("pins_one")
                                .withPool("{mode: transaction, defaultPoolSize: 1, pinOnSessionState: true}"),
                        route.named("refuses").withPool("{mode: transaction, defaultPoolSize: 1}"),
                        route.named("untracked")
                                .withPool("{mode: transaction, defaultPoolSize: 1, maxPreparedStatements: 0}"))
                .withMore(
                        "admin: {consoleUsers: [admin], clientAuth: {scram: {users: {admin: {password: secret}}}}}\n"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void clean() {
        gateway.assertClean();
    }

    private static WireClient connect(String database) {
        return WireClient.connect(gateway.plainAddress(database));
    }

    /** Makes it, uses it, and takes it away; what is asked once it is gone. */
    record Scenario(String name, String make, String use, String answer, String end, String pinnedBy) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Scenario> scenarios() {
        return Stream.of(
                new Scenario(
                        "temporary table",
                        "create temp table scratch as select 7 as n",
                        "select n from scratch",
                        "7",
                        "drop table scratch",
                        "temporary objects"),
                new Scenario(
                        "select into temp",
                        "select 7 as n into temporary scratch",
                        "select n from scratch",
                        "7",
                        "discard temp",
                        "temporary objects"),
                new Scenario(
                        "temporary function",
                        "create function pg_temp.seven() returns int language sql as 'select 7'",
                        "select pg_temp.seven()",
                        "7",
                        "drop function pg_temp.seven",
                        "temporary objects"),
                new Scenario(
                        "cursor with hold",
                        "declare held cursor with hold for select 7",
                        "fetch 1 from held",
                        "7",
                        "close held",
                        "cursors WITH HOLD"),
                new Scenario(
                        "prepare",
                        "prepare mine as select 7",
                        "execute mine",
                        "7",
                        "deallocate mine",
                        "statements of PREPARE"),
                new Scenario(
                        "advisory lock",
                        "select pg_advisory_lock(4711)",
                        "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711",
                        "1",
                        "select pg_advisory_unlock(4711)",
                        "session-level advisory locks"),
                new Scenario(
                        "try advisory lock in a transaction",
                        "begin; select pg_try_advisory_lock_shared(4711); commit",
                        "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711",
                        "1",
                        "discard all",
                        "session-level advisory locks"),
                new Scenario(
                        "listen",
                        "listen news",
                        "select pg_listening_channels()",
                        "news",
                        "unlisten *",
                        "channels of LISTEN"),
                new Scenario(
                        "in a do block",
                        "do $$ begin create temp table scratch as select 7 as n; end $$",
                        "select n from scratch",
                        "7",
                        "discard all",
                        "temporary objects"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void keepsAClientOnItsServerUntilItIsCleanAgain(Scenario scenario) {
        try (WireClient client = connect("pins");
                WireClient other = connect("pins")) {
            client.query(scenario.make());
            String pid = client.ask("select pg_backend_pid()");
            for (int i = 0; i < 3; i++) {
                other.query("begin");
                assertThat(other.ask("select pg_backend_pid()")).isNotEqualTo(pid);
                if (!scenario.use().startsWith("fetch") || i == 0) {
                    assertThat(client.ask(scenario.use())).isEqualTo(scenario.answer());
                }
                assertThat(client.ask("select pg_backend_pid()")).isEqualTo(pid);
                other.query("commit");
            }
            assertThat(pinned()).contains("pins|app|" + pid + "|" + scenario.pinnedBy());
            client.query(scenario.end());
            Awaitility.await("nobody is pinned").atMost(Duration.ofSeconds(5)).until(() -> pinned().isEmpty());
            assertNothingStays("pins", 2);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void cleansTheServerOfAClientThatLeaves(Scenario scenario) {
        for (boolean politely : new boolean[] {true, false}) {
            WireClient client = connect("pins_one");
            client.query(scenario.make());
            client.ask(scenario.use());
            if (politely) {
                client.close();
            } else {
                client.kill();
            }
            assertNothingStays("pins_one", 1);
        }
    }

    /** The one that leaves before its server was asked. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("scenarios")
    void cleansTheServerOfAClientThatLeavesAtOnce(Scenario scenario) {
        for (int i = 0; i < 5; i++) {
            try (WireClient client = connect("pins_one")) {
                client.query(scenario.make());
            }
            assertNothingStays("pins_one", 1);
        }
    }

    @Test
    void readsOnWhatAPinnedClientSentAhead() {
        try (WireClient client = connect("pins_one")) {
            client.send(
                    query("create temp table scratch (n int)"),
                    query("insert into scratch values (1)"),
                    query("select n from scratch"),
                    query("set application_name = 'pinned'"),
                    query("show application_name"),
                    query("drop table scratch"),
                    query("show application_name"));
            assertThat(client.answers()).containsExactly("C(CREATE TABLE)", "Z(I)");
            assertThat(client.answers()).containsExactly("C(INSERT 0 1)", "Z(I)");
            assertThat(client.answers()).contains("D(1)");
            assertThat(client.answers()).contains("C(SET)");
            assertThat(client.answers()).contains("D(pinned)");
            assertThat(client.answers()).containsExactly("C(DROP TABLE)", "Z(I)");
            assertThat(client.answers()).contains("D(pinned)");
        }
    }

    @Test
    void givesAPinnedClientItsStartupSettingsBackAtReset() {
        try (WireClient client =
                WireClient.connect(gateway.plainAddress("pins_one").withParameter("search_path", "pg_catalog"))) {
            client.query("create temp table scratch (n int)");
            client.query("set search_path = information_schema");
            assertThat(client.ask("show search_path")).isEqualTo("information_schema");
            client.query("reset all");
            assertThat(client.ask("show search_path")).isEqualTo("pg_catalog");
            assertThat(client.ask("select count(*) from pg_temp.scratch")).isEqualTo("0");
        }
    }

    @Test
    void pinsInTheExtendedProtocolToo() {
        try (WireClient client = connect("pins_one")) {
            client.send(
                    parse("make", "create temp table scratch (n int)"),
                    bind("", "make"),
                    execute(),
                    sync(),
                    parse("", "select count(*) from scratch"),
                    bind("", ""),
                    execute(),
                    sync());
            assertThat(client.answers()).containsExactly("1", "2", "C(CREATE TABLE)", "Z(I)");
            assertThat(client.answers()).containsExactly("1", "2", "D(0)", "C(SELECT 1)", "Z(I)");
            // The client has its answer before its server is asked.
            Awaitility.await("pinned").atMost(Duration.ofSeconds(5)).until(() -> pinned().size() == 1);
        }
        assertNothingStays("pins_one", 1);
    }

    // ---- not pinned

    @ParameterizedTest
    @ValueSource(strings = {"refuses", "untracked"})
    void refusesWhatWouldStayForCertain(String database) {
        try (WireClient client = connect(database)) {
            for (String sql : List.of(
                    "listen news",
                    "prepare mine as select 1",
                    "select pg_advisory_lock(4711)",
                    "declare c cursor with hold for select 1",
                    "create temp table scratch (n int)",
                    "load 'auto_explain'")) {
                client.send(query(sql));
                List<WireMessage> answer = client.receiveUntilReady();
                assertThat(answer).extracting(WireMessage::toString).containsExactly("E(ERROR 0A000)", "Z(I)");
                assertThat(answer.getFirst().fields().toString()).contains("pinOnSessionState");
            }
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
        assertNothingStays(database, 1);
    }

    /** Behind a query it is not known whether a transaction is open: then what is left counts. */
    @ParameterizedTest
    @ValueSource(strings = {"refuses", "untracked"})
    void endsTheSessionOfAClientThatSentItAhead(String database) {
        try (WireClient client = connect(database)) {
            client.send(query("select 1"), query("listen news"), query("select 2"));
            assertThat(client.answers()).contains("D(1)");
            assertThat(client.answers()).containsExactly("C(LISTEN)", "Z(I)");
            assertThat(client.receiveUntilClosed().getLast()).hasToString("E(FATAL 0A000)");
        }
        assertNothingStays(database, 1);
    }

    @Test
    void refusesWhatWouldStayForCertainInTheExtendedProtocol() {
        try (WireClient client = connect("refuses")) {
            byte[] run = concat(bind("", "s"), execute());
            client.send(parse("s", "create temp table scratch (n int)"), run, run, sync());
            assertThat(client.answers()).containsExactly("1", "E(ERROR 0A000)", "Z(I)");
            client.send(parse("", "select pg_try_advisory_lock(4711)"), bind("", ""), execute(), sync());
            assertThat(client.answers()).containsExactly("1", "E(ERROR 0A000)", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
        assertNothingStays("refuses", 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"refuses", "untracked"})
    void letsWhatLivesAndDiesInATransactionBe(String database) {
        try (WireClient client = connect(database)) {
            for (int i = 0; i < 3; i++) {
                client.query("begin");
                client.query("create temp table scratch (n int) on commit drop");
                client.query("insert into scratch values (1)");
                assertThat(client.ask("select n from scratch")).isEqualTo("1");
                assertThat(client.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
                client.query("begin");
                client.query("create temp table scratch (n int)");
                client.query("prepare mine as select 2");
                assertThat(client.ask("execute mine")).isEqualTo("2");
                client.query("deallocate mine");
                client.query("declare c cursor for select 3");
                client.ask("select pg_advisory_lock(4711)");
                client.ask("select pg_advisory_unlock(4711)");
                assertThat(client.query("rollback")).containsExactly("C(ROLLBACK)", "Z(I)");
                client.query("create temp table scratch as select 1; drop table scratch");
                client.query("create temp table scratch (n int) on commit drop");
            }
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
        assertNothingStays(database, 1);
    }

    static Stream<Arguments> transactions() {
        return Stream.of("refuses", "untracked")
                .flatMap(database -> scenarios().map(scenario -> Arguments.of(database, scenario)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("transactions")
    void endsASessionThatLeftSomethingBehind(String database, Scenario scenario) {
        try (WireClient client = connect(database)) {
            client.send(query("begin; " + scenario.make() + "; commit"));
            assertThat(client.receiveUntilReady().getLast()).hasToString("Z(I)");
            List<WireMessage> last = client.receiveUntilClosed();
            assertThat(last).extracting(WireMessage::toString).containsExactly("E(FATAL 0A000)");
            assertThat(last.getFirst().fields().toString())
                    .contains(scenario.pinnedBy())
                    .contains("pinOnSessionState");
        }
        assertNothingStays(database, 1);
    }

    @Test
    void aClientThatUsesNoneOfItIsNotAsked() {
        try (WireClient client = connect("refuses")) {
            client.ask("select 1");
            String before = client.ask("select pg_backend_pid()");
            assertThat(client.ask("select query from pg_stat_activity where pid = pg_backend_pid()"))
                    .startsWith("select query");
            assertThat(PostgresServers.shared()
                            .ask("orders", "select query from pg_stat_activity where pid = " + before))
                    .startsWith("select query");
        }
    }

    // ---- what a fresh client sees

    private static void assertNothingStays(String database, int servers) {
        List<WireClient> clients =
                Stream.generate(() -> connect(database)).limit(servers).toList();
        try {
            for (WireClient client : clients) {
                client.query("begin");
                assertThat(client.ask("select count(*) from pg_depend where pg_my_temp_schema() <> 0"
                                + " and refclassid = 'pg_namespace'::regclass and refobjid = pg_my_temp_schema()"))
                        .as("temporary objects")
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_locks where locktype = 'advisory'"
                                + " and pid = pg_backend_pid()"))
                        .as("locks")
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_cursors where is_holdable"))
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_prepared_statements where from_sql"))
                        .isEqualTo("0");
                assertThat(client.ask("select count(*) from pg_listening_channels()"))
                        .isEqualTo("0");
            }
        } finally {
            clients.forEach(WireClient::close);
        }
    }

    private static List<String> pinned() {
        ServerAddress address =
                new ServerAddress(gateway.plainPort(), Optional.empty(), "admin", "secret", "pgbouncer");
        try (WireClient console = WireClient.connect(address)) {
            return console.query("show pinned").stream()
                    .filter(row -> row.startsWith("D("))
                    .map(row -> row.substring(2, row.length() - 1).split("[,|]"))
                    .map(c -> c[0] + "|" + c[1] + "|" + c[3] + "|" + c[4])
                    .toList();
        }
    }
}

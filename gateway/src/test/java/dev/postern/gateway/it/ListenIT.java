package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.ServerSession;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** LISTEN and NOTIFY, in transaction mode by one connection of the pool that listens for all clients. */
@ExtendWith(CleanAfterEach.class)
class ListenIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration QUIET = Duration.ofMillis(300);

    private final String channel = Names.unique("channel");

    private static String next(WireClient client) {
        return client.receiveWithin(SOON).map(WireMessage::toString).orElse("nothing");
    }

    private static void assertQuiet(WireClient client) {
        assertThat(client.receiveWithin(QUIET)).isEmpty();
    }

    private String note(String payload) {
        return "A(" + channel + "," + payload + ")";
    }

    @EveryTarget
    void hearsWhatIsCommittedAndNothingElse(Target target) {
        try (WireClient listener = target.connect();
                WireClient other = target.connect()) {
            assertThat(listener.query("listen " + channel)).containsExactly("C(LISTEN)", "Z(I)");
            other.query("begin");
            String pid = other.ask("select pg_backend_pid()");
            other.query("notify " + channel + ", 'first'");
            assertQuiet(listener);
            other.query("commit");
            WireMessage first = listener.receiveWithin(SOON).orElseThrow();
            assertThat(first).hasToString(note("first"));
            assertThat(ByteBuffer.wrap(first.body()).getInt()).hasToString(pid);
            other.query("begin; notify " + channel + ", 'undone'; rollback");
            other.ask("select pg_notify('" + channel + "', 'second')");
            assertThat(next(listener)).isEqualTo(note("second"));
            assertThat(listener.ask("select 1")).isEqualTo("1");
            other.query("notify " + channel);
            assertThat(next(listener)).isEqualTo(note(""));
        }
    }

    @EveryTarget
    void hearsNothingMoreAfterUnlisten(Target target) {
        String second = channel + "_2";
        try (WireClient listener = target.connect();
                WireClient other = target.connect()) {
            listener.query("listen " + channel);
            listener.query("listen \"" + second + "\"");
            listener.query("unlisten " + channel);
            other.query("notify " + channel + "; notify " + second);
            assertThat(next(listener)).contains(second);
            listener.query("unlisten *");
            other.query("notify " + channel + "; notify " + second);
            listener.query("listen " + channel);
            listener.query("discard all");
            other.query("notify " + channel);
            assertQuiet(listener);
        }
    }

    @EveryTarget
    void listensWithItsTransactionOrNotAtAll(Target target) {
        try (WireClient listener = target.connect();
                WireClient other = target.connect()) {
            listener.query("begin");
            listener.query("listen " + channel);
            listener.query("rollback");
            other.query("notify " + channel + ", 'unheard'");
            listener.query("begin");
            listener.query("listen " + channel);
            other.query("notify " + channel + ", 'too early'");
            listener.query("commit");
            other.query("notify " + channel + ", 'heard'");
            assertThat(next(listener)).isEqualTo(note("heard"));
            listener.query("begin; unlisten " + channel + "; rollback");
            other.query("notify " + channel + ", 'still'");
            assertThat(next(listener)).isEqualTo(note("still"));
        }
    }

    @EveryTarget
    void hearsAtTheEndOfItsOwnTransaction(Target target) {
        try (WireClient listener = target.connect();
                WireClient other = target.connect()) {
            listener.query("listen " + channel);
            listener.query("begin");
            other.query("notify " + channel + ", 'meanwhile'");
            assertQuiet(listener);
            listener.send(query("commit"));
            // PostgreSQL says it before ReadyForQuery, the gateway behind it.
            List<String> said = Stream.generate(() -> next(listener)).limit(3).toList();
            assertThat(said).containsExactlyInAnyOrder("C(COMMIT)", "Z(I)", note("meanwhile"));
        }
    }

    @EveryTarget
    void listensByTheExtendedProtocolAndHearsItself(Target target) {
        try (WireClient listener = target.connect()) {
            listener.send(parse("", "listen " + channel), bind("", ""), execute(), sync());
            assertThat(listener.answers()).containsExactly("1", "2", "C(LISTEN)", "Z(I)");
            listener.send(query("notify " + channel + ", 'self'"));
            List<String> said = Stream.generate(() -> next(listener)).limit(3).toList();
            assertThat(said).containsExactlyInAnyOrder("C(NOTIFY)", "Z(I)", note("self"));
        }
    }

    @EveryTarget
    void missesNothingFromTheMomentThatListenIsAnswered(Target target) {
        try (WireClient other = target.connect()) {
            for (int round = 0; round < 20; round++) {
                try (WireClient listener = target.connect()) {
                    String name = channel + "_" + round;
                    listener.query("listen " + name);
                    other.query("notify " + name + ", 'at once'");
                    assertThat(next(listener)).contains("at once");
                }
            }
        }
    }

    @EveryTarget
    void tellsManyClientsOfManyNotificationsInOrder(Target target) {
        List<WireClient> listeners = Stream.generate(target::connect).limit(10).toList();
        try (WireClient other = target.connect()) {
            listeners.forEach(listener -> listener.query("listen " + channel));
            other.query("do $$ begin for i in 1..500 loop perform pg_notify('" + channel
                    + "', 'n' || i); end loop; end $$");
            for (WireClient listener : listeners) {
                for (int i = 1; i <= 500; i++) {
                    assertThat(next(listener)).isEqualTo(note("n" + i));
                }
            }
        } finally {
            listeners.forEach(WireClient::close);
        }
    }

    /** Counts on a channel until it is closed. */
    private static final class Counting implements AutoCloseable {
        private final Thread thread;
        private volatile boolean over;

        Counting(WireClient client, String channel) {
            thread = Thread.ofVirtual().start(() -> {
                for (int n = 0; !over; n++) {
                    client.query("notify " + channel + ", '" + n + "'");
                }
            });
        }

        @Override
        public void close() throws InterruptedException {
            over = true;
            thread.join();
        }
    }

    private static int number(WireClient client) {
        WireMessage message = client.receiveWithin(SOON).orElseThrow();
        while (!message.toString().startsWith("A(")) {
            message = client.receiveWithin(SOON).orElseThrow();
        }
        String text = message.toString();
        return Integer.parseInt(text.substring(text.indexOf(',') + 1, text.length() - 1));
    }

    private static void assertEachOnce(WireClient client, int count) {
        int first = number(client);
        for (int i = 1; i < count; i++) {
            assertThat(number(client)).isEqualTo(first + i);
        }
    }

    @EveryTarget
    void hearsEachOnceWhileOthersNotifyAllTheTime(Target target) throws InterruptedException {
        try (WireClient other = target.connect();
                Counting counting = new Counting(other, channel)) {
            for (int round = 0; round < 10; round++) {
                try (WireClient listener = target.connect()) {
                    listener.send(query("listen " + channel));
                    assertEachOnce(listener, 50);
                    listener.send(query("listen " + channel + "; listen \"another\""));
                    listener.send(query("select 1"));
                    assertEachOnce(listener, 50);
                }
            }
        }
    }

    @EveryTarget
    void unlistensWithItsTransactionOrNotAtAll(Target target) {
        try (WireClient listener = target.connect();
                WireClient other = target.connect()) {
            listener.query("listen " + channel);
            listener.query("unlisten " + channel + "; select 1/0");
            other.query("notify " + channel + ", 'still'");
            assertThat(next(listener)).isEqualTo(note("still"));
            listener.query("begin");
            listener.query("unlisten *");
            other.query("notify " + channel + ", 'too late'");
            listener.query("commit");
            other.query("notify " + channel + ", 'unheard'");
            assertQuiet(listener);
        }
    }

    // ---- the gateway's own

    @Test
    void hearsEachOnceWhileItsServerIsReplaced() throws InterruptedException {
        try (GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}")) {
            try (WireClient listener = WireClient.connect(gateway.plainAddress("news"));
                    WireClient other = WireClient.connect(gateway.plainAddress("news"));
                    Counting counting = new Counting(other, "a")) {
                listener.query("listen a");
                int last = number(listener);
                for (int size = 4; size < 8; size++) {
                    gateway.reload(yaml("{mode: transaction, defaultPoolSize: " + size + "}"));
                    long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
                    while (System.nanoTime() < end) { // the pool is looked after a few times a second
                        assertThat(number(listener)).isEqualTo(++last);
                    }
                }
            }
            gateway.assertClean();
        }
    }

    @Test
    void hearsForAHundredClientsByOneServer() {
        try (GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}")) {
            List<WireClient> listeners = Stream.generate(() -> WireClient.connect(gateway.plainAddress("news")))
                    .limit(100)
                    .toList();
            try (WireClient other = WireClient.connect(gateway.plainAddress("news"))) {
                listeners.forEach(listener -> listener.query("listen a"));
                awaitActive(gateway, 1);
                other.query("notify a, 'x'");
                listeners.forEach(listener -> assertThat(next(listener)).isEqualTo("A(a,x)"));
            } finally {
                listeners.forEach(WireClient::close);
            }
            awaitActive(gateway, 0);
            gateway.assertClean();
        }
    }

    private static GatewayFixture gateway(String pool) {
        return GatewayFixture.start(yaml(pool));
    }

    private static GatewayYaml yaml(String pool) {
        return GatewayYaml.of(
                        RouteYaml.to(PostgresServers.shared(), "news", "orders").withPool(pool))
                .withMore(
                        "admin: {consoleUsers: [admin], clientAuth: {scram: {users: {admin: {password: secret}}}}}\n");
    }

    /** The server process that listens to it for all. */
    private static String listensTo(String channel) {
        return PostgresServers.shared().sessions("orders").stream()
                .filter(session -> session.query().contains("LISTEN U&\"" + channel + "\""))
                .map(ServerSession::pid)
                .map(String::valueOf)
                .findFirst()
                .orElse("");
    }

    private static void awaitActive(GatewayFixture gateway, int servers) {
        Awaitility.await(servers + " active servers").atMost(SOON).until(() -> gateway.activeServers() == servers);
    }

    @Test
    void usesOneServerAndGivesItBack() {
        try (GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}")) {
            try (WireClient one = WireClient.connect(gateway.plainAddress("news"));
                    WireClient two = WireClient.connect(gateway.plainAddress("news"))) {
                one.query("listen a; listen \"Ä \\ \"\"b\"");
                two.query("listen a");
                awaitActive(gateway, 1);
                two.query("notify \"Ä \\ \"\"b\", 'x'");
                assertThat(next(one)).contains("x");
                one.kill();
                assertThat(two.ask("select 1")).isEqualTo("1");
                awaitActive(gateway, 1);
                two.query("notify a, 'y'");
                assertThat(next(two)).contains("y");
                two.query("unlisten a");
                awaitActive(gateway, 0);
            }
            gateway.assertClean();
        }
    }

    @Test
    void theConsoleShowsWhoListens() {
        try (GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}")) {
            ServerAddress address =
                    new ServerAddress(gateway.plainPort(), Optional.empty(), "admin", "secret", "pgbouncer");
            try (WireClient one = WireClient.connect(gateway.plainAddress("news"));
                    WireClient two = WireClient.connect(gateway.plainAddress("news"));
                    WireClient console = WireClient.connect(address)) {
                assertThat(listening(console)).isEmpty();
                one.query("listen a; listen b");
                two.query("listen a");
                awaitListening(console, "news app 1", "news app 2");
                one.query("unlisten a");
                two.query("unlisten *");
                awaitListening(console, "news app 1");
            }
            gateway.assertClean();
        }
    }

    private static List<String> listening(WireClient console) {
        return console.query("show listening").stream()
                .filter(row -> row.startsWith("D("))
                .map(row -> row.substring(2, row.length() - 1).split(","))
                .map(columns -> columns[0] + " " + columns[1] + " " + columns[3])
                .sorted()
                .toList();
    }

    /** The pool's listener takes over behind the client's answer. */
    private static void awaitListening(WireClient console, String... expected) {
        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(() -> assertThat(listening(console)).containsExactly(expected));
    }

    @Test
    void endsTheSessionsThatListenWhenTheirConnectionIsLost() {
        try (GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 3}")) {
            try (WireClient listener = WireClient.connect(gateway.plainAddress("news"));
                    WireClient busy = WireClient.connect(gateway.plainAddress("news"));
                    WireClient other = WireClient.connect(gateway.plainAddress("news"))) {
                listener.query("listen a");
                busy.query("listen " + channel); // the last that it was told
                busy.query("begin");
                String pid = listensTo(channel);
                assertThat(pid).isNotEmpty();
                PostgresServers.shared().terminate(Integer.parseInt(pid));
                assertThat(next(listener)).isEqualTo("E(FATAL 08006)");
                assertThat(busy.ask("select 1")).as("a transaction goes on").isEqualTo("1");
                busy.send(query("commit"));
                assertThat(busy.receiveUntilClosed())
                        .extracting(WireMessage::toString)
                        .containsExactly("C(COMMIT)", "Z(I)", "E(FATAL 08006)");
                assertThat(other.ask("select 1")).isEqualTo("1");
                other.query("listen a");
                other.query("notify a, 'again'");
                assertThat(next(other)).contains("again");
            }
            gateway.assertClean();
        }
    }

    @Test
    void refusesWhereThePoolHasOneServer() {
        try (GatewayFixture gateway = gateway("{mode: transaction, defaultPoolSize: 1}")) {
            try (WireClient listener = WireClient.connect(gateway.plainAddress("news"))) {
                assertThat(listener.query("listen a")).containsExactly("E(ERROR 0A000)", "Z(I)");
                listener.query("begin");
                listener.query("listen a");
                listener.send(query("commit"));
                assertThat(listener.receiveUntilClosed())
                        .extracting(WireMessage::toString)
                        .containsExactly("C(COMMIT)", "Z(I)", "E(FATAL 0A000)");
            }
            gateway.assertClean();
        }
    }
}

package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.ExtendWith;

/** A cancel request reaches the query it was meant for, and no other. */
@ExtendWith(CleanAfterEach.class)
class CancelIT {

    /** A query that runs until cancelled, and can be found in pg_stat_activity by its comment. */
    private static String endless(String mark) {
        return "select pg_sleep(60) /* " + mark + " */";
    }

    private static void awaitRunning(String mark) {
        Awaitility.await(mark)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> PostgresServers.shared().sessions("orders").stream()
                        .anyMatch(session -> session.state().equals("active")
                                && session.query().contains("/* " + mark + " */")));
    }

    @EveryTarget
    void endsTheRunningQueryAndKeepsTheSession(Target target) {
        String mark = Names.unique("cancel");
        try (WireClient client = target.connect()) {
            client.send(FrontendBytes.query(endless(mark)));
            awaitRunning(mark);
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void endsAQueryInsideATransaction(Target target) {
        String mark = Names.unique("cancel");
        try (WireClient client = target.connect()) {
            client.query("begin");
            client.send(FrontendBytes.query(endless(mark)));
            awaitRunning(mark);
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(E)");
            assertThat(client.query("rollback")).containsExactly("C(ROLLBACK)", "Z(I)");
        }
    }

    @EveryTarget
    void skipsTheRestOfACancelledPipeline(Target target) {
        String mark = Names.unique("cancel");
        try (WireClient client = target.connect()) {
            client.send(
                    FrontendBytes.parse("", endless(mark)),
                    FrontendBytes.bind("", ""),
                    FrontendBytes.execute(),
                    FrontendBytes.parse("", "select 'not run'"),
                    FrontendBytes.bind("", ""),
                    FrontendBytes.execute(),
                    FrontendBytes.sync());
            awaitRunning(mark);
            client.cancel();
            assertThat(client.answers()).containsExactly("1", "2", "E(ERROR 57014)", "Z(I)");
        }
    }

    @EveryTarget
    void takesARequestInsideTls(Target target) {
        String mark = Names.unique("cancel");
        ServerAddress address = target.address();
        try (WireClient client = WireClient.connect(address)) {
            client.send(FrontendBytes.query(endless(mark)));
            awaitRunning(mark);
            try (WireClient canceller = WireClient.open(address.port())) {
                canceller.startTls(address.tls().orElseThrow());
                canceller.send(FrontendBytes.cancelRequest(client.backendPid(), client.backendKey()));
                assertThat(canceller.closedWithin(Duration.ofSeconds(5))).isTrue();
            }
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
        }
    }

    @EveryTarget
    void ignoresARequestWithAWrongKeyAndAnswersNothing(Target target) {
        String mark = Names.unique("cancel");
        ServerAddress address = target.address();
        try (WireClient client = WireClient.connect(address)) {
            client.send(FrontendBytes.query("select 'finished' as n from pg_sleep(0.5) /* " + mark + " */"));
            awaitRunning(mark);
            byte[] wrong = client.backendKey();
            wrong[0] ^= 1;
            for (byte[] key : List.of(wrong, new byte[4], new byte[0], new byte[32])) {
                try (WireClient canceller = WireClient.open(address.port())) {
                    canceller.send(FrontendBytes.cancelRequest(client.backendPid(), key));
                    assertThat(canceller.receiveUntilClosed()).isEmpty();
                }
            }
            assertThat(client.answers()).containsExactly("T(n:25)", "D(finished)", "C(SELECT 1)", "Z(I)");
        }
    }

    @EveryTarget
    void doesNotTouchTheNextQueryOfAnIdleClient(Target target) {
        try (WireClient client = target.connect()) {
            for (int i = 0; i < 20; i++) {
                client.cancel();
                assertThat(client.query("select pg_sleep(0.01)")).endsWith("C(SELECT 1)", "Z(I)");
            }
        }
    }

    @EveryTarget
    void doesNotTouchOtherClients(Target target) {
        String mark = Names.unique("cancel");
        List<WireClient> others = new ArrayList<>();
        try (WireClient client = target.connect()) {
            for (int i = 0; i < 3; i++) {
                WireClient other = target.connect();
                others.add(other);
                other.send(FrontendBytes.query("select 'finished' as n from pg_sleep(1) /* " + mark + i + " */"));
                awaitRunning(mark + i);
            }
            client.send(FrontendBytes.query(endless(mark)));
            awaitRunning(mark);
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
            for (WireClient other : others) {
                assertThat(other.answers()).containsExactly("T(n:25)", "D(finished)", "C(SELECT 1)", "Z(I)");
            }
        } finally {
            others.forEach(WireClient::close);
        }
    }

    /** No server is free for it, and none is needed: the request goes to the server that runs the query. */
    @SharingTargets
    void getsThroughWhileThePoolIsFull(Target target) throws Exception {
        String mark = Names.unique("cancel");
        try (WireClient client = WireClient.connect(target.oneServer());
                WireClient waiting = WireClient.connect(target.oneServer())) {
            client.send(FrontendBytes.query(endless(mark)));
            awaitRunning(mark);
            waiting.send(FrontendBytes.query("select 'served'"));
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
            assertThat(waiting.answers()).contains("D(served)");
        }
    }

    /** The client has gone before its cancel arrives: the next one on that server must not feel it. */
    @SharingTargets
    void findsNothingOfAClientThatHasGone(Target target) {
        for (int round = 0; round < 20; round++) {
            WireClient gone = WireClient.connect(target.oneServer());
            gone.send(
                    FrontendBytes.parse("", "select pg_sleep(0.01)"),
                    FrontendBytes.bind("", ""),
                    FrontendBytes.execute());
            gone.send(FrontendBytes.sync());
            gone.cancel();
            gone.kill();
            try (WireClient next = WireClient.connect(target.oneServer())) {
                assertThat(next.query("select pg_sleep(0.02)")).endsWith("C(SELECT 1)", "Z(I)");
            }
        }
    }

    @SharingTargets
    void cancelsByProtocol32WithALongKey(Target target) {
        String mark = Names.unique("cancel");
        try (WireClient client = WireClient.connect(target.address().withProtocol(FrontendBytes.PROTOCOL_3_2))) {
            client.send(FrontendBytes.query(endless(mark)));
            awaitRunning(mark);
            client.cancel();
            assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
        }
    }

    @EveryTarget
    void hitsOnlyTheTargetsInAHundredConcurrentCancels(Target target) throws Exception {
        int victims = 5;
        int bystanders = 5;
        int rounds = 20;
        AtomicBoolean cancelling = new AtomicBoolean(true);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < victims; i++) {
                results.add(threads.submit(() -> beCancelled(target, rounds)));
            }
            List<Future<Integer>> undisturbed = new ArrayList<>();
            for (int i = 0; i < bystanders; i++) {
                undisturbed.add(threads.submit(askUntil(target, cancelling)));
            }
            try {
                for (Future<Integer> result : results) {
                    assertThat(result.get()).isEqualTo(rounds);
                }
            } finally {
                cancelling.set(false);
            }
            for (Future<Integer> result : undisturbed) {
                assertThat(result.get()).isPositive();
            }
        }
    }

    private static int beCancelled(Target target, int rounds) {
        try (WireClient client = target.connect()) {
            for (int i = 0; i < rounds; i++) {
                String mark = Names.unique("storm");
                client.send(FrontendBytes.query(endless(mark)));
                awaitRunning(mark);
                client.cancel();
                assertThat(client.answers()).endsWith("E(ERROR 57014)", "Z(I)");
                // A cancel that came late would hit this one.
                assertThat(client.query("select pg_sleep(0.005)")).endsWith("C(SELECT 1)", "Z(I)");
            }
            return rounds;
        }
    }

    private static Callable<Integer> askUntil(Target target, AtomicBoolean going) {
        return () -> {
            int asked = 0;
            try (WireClient client = target.connect()) {
                while (going.get()) {
                    assertThat(client.query("select pg_sleep(0.005)")).endsWith("C(SELECT 1)", "Z(I)");
                    asked++;
                }
            }
            return asked;
        };
    }
}

package dev.postern.gateway.it.harness;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.awaitility.Awaitility;

/**
 * Clients that run short transactions without pause, each on a virtual thread. What counts as failure: a transaction that
 * had begun and did not end as it should. A connection that ends between two transactions, with 57P01 or by its close, is
 * the client's cue to go.
 */
public final class Traffic implements AutoCloseable {
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong transactions = new AtomicLong();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private volatile boolean going = true;

    private Traffic() {}

    /** So many clients for each database. */
    public static Traffic start(Map<String, Integer> clients, Function<String, WireClient> connect) {
        Traffic traffic = new Traffic();
        clients.forEach((database, count) -> {
            for (int i = 0; i < count; i++) {
                WireClient client = connect.apply(database);
                traffic.threads.add(Thread.ofVirtual().start(() -> traffic.run(database, client)));
            }
        });
        return traffic;
    }

    public long transactions() {
        return transactions.get();
    }

    public List<String> failures() {
        return List.copyOf(failures);
    }

    public void awaitTransactions(long count) {
        Awaitility.await(count + " transactions, failures " + failures)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> transactions.get() >= count || !failures.isEmpty());
    }

    /** Waits until the other side has ended every client. */
    public void awaitEnd() {
        Awaitility.await("all clients ended")
                .atMost(Duration.ofSeconds(20))
                .until(() -> threads.stream().noneMatch(Thread::isAlive));
    }

    private void run(String database, WireClient client) {
        boolean inTransaction = false;
        try (client) {
            while (going) {
                // Alternately one transaction of three messages, and one that is a single query.
                inTransaction = false;
                List<String> begun = client.query("begin");
                if (!begun.equals(List.of("C(BEGIN)", "Z(T)"))) {
                    failures.add(database + ": begin answered " + begun);
                    return;
                }
                inTransaction = true;
                expect(client.query("select 1 as n"), List.of("T(n:23)", "D(1)", "C(SELECT 1)", "Z(T)"));
                client.send(FrontendBytes.query("commit"));
                List<WireMessage> committed = client.receiveUntilReady();
                expect(committed.stream().map(WireMessage::toString).toList(), List.of("C(COMMIT)", "Z(I)"));
                inTransaction = false;
                transactions.incrementAndGet();
            }
        } catch (WireClient.ConnectionEnded | UncheckedIOException end) {
            if (inTransaction) {
                failures.add(database + ": ended inside a transaction");
            }
        } catch (RuntimeException | AssertionError e) {
            failures.add(database + ": " + e);
        }
    }

    private static void expect(List<String> answers, List<String> expected) {
        if (!answers.equals(expected)) {
            throw new AssertionError("expected " + expected + ", got " + answers);
        }
    }

    @Override
    public void close() {
        going = false;
        awaitEnd();
    }
}

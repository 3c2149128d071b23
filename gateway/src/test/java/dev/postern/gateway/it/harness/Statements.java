package dev.postern.gateway.it.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Clients that run one statement again and again, each on a virtual thread; one whose connection ends connects anew. */
public final class Statements implements AutoCloseable {
    private final Supplier<WireClient> connect;
    private final byte[][] request;
    private final Set<String> answers = ConcurrentHashMap.newKeySet();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong count = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean going = true;

    private Statements(Supplier<WireClient> connect, byte[]... request) {
        this.connect = connect;
        this.request = request;
    }

    /** So many clients, logged in when this returns. */
    public static Statements start(int clients, Supplier<WireClient> connect, String sql) {
        return start(clients, connect, FrontendBytes.query(sql));
    }

    /** The same in the way of JDBC drivers outside autocommit: BEGIN and the statement in one pipeline, then COMMIT. */
    public static Statements startTransactions(int clients, Supplier<WireClient> connect, String sql) {
        return start(
                clients,
                connect,
                FrontendBytes.concat(
                        FrontendBytes.parse("", "BEGIN"),
                        FrontendBytes.bind("", ""),
                        FrontendBytes.execute(),
                        FrontendBytes.parse("", sql),
                        FrontendBytes.bind("", ""),
                        FrontendBytes.execute(),
                        FrontendBytes.sync()),
                FrontendBytes.concat(
                        FrontendBytes.parse("", "COMMIT"),
                        FrontendBytes.bind("", ""),
                        FrontendBytes.execute(),
                        FrontendBytes.sync()));
    }

    /** The same with requests that end with ReadyForQuery, one after the other. */
    public static Statements start(int clients, Supplier<WireClient> connect, byte[]... request) {
        Statements statements = new Statements(connect, request);
        for (int i = 0; i < clients; i++) {
            WireClient client = connect.get();
            statements.threads.add(Thread.ofVirtual().start(() -> statements.run(client)));
        }
        return statements;
    }

    /** First columns of first rows that were seen so far. */
    public Set<String> answers() {
        return Set.copyOf(answers);
    }

    /** From now on only later answers are among {@link #answers}. */
    public void forgetAnswers() {
        answers.clear();
    }

    /** SQLSTATEs of errors, and what else went wrong. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    public long count() {
        return count.get();
    }

    /** Waits for so many more statements. */
    public void awaitMore(int statements) {
        long before = count();
        try {
            Awaitility.await(statements + " more statements")
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> count() >= before + statements);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(statements + " more statements did not come; failures: " + failures, e);
        }
    }

    private void run(WireClient first) {
        WireClient client = first;
        try {
            while (going) {
                try {
                    for (byte[] one : request) {
                        once(client, one);
                    }
                } catch (WireClient.ConnectionEnded | java.io.UncheckedIOException end) {
                    client.kill();
                    client = connect.get();
                }
            }
        } catch (RuntimeException | AssertionError e) {
            failures.add(String.valueOf(e));
        } finally {
            client.close();
        }
    }

    private void once(WireClient client, byte[] one) {
        client.send(one);
        while (true) {
            WireMessage message = client.receive();
            switch (message.type()) {
                case 'D' -> answers.add(message.columns().getFirst());
                case 'E' -> failures.add(message.sqlState());
                case 'Z' -> {
                    count.incrementAndGet();
                    return;
                }
                default -> {}
            }
        }
    }

    @Override
    public void close() {
        going = false;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many clients on few servers: none gets another's answer, and what was committed is there. */
@ExtendWith(CleanAfterEach.class)
class StormIT {
    private final String table = Names.unique("storm");

    @BeforeEach
    void createTable() {
        PostgresServers.shared()
                .execute(
                        "orders",
                        "create table " + table + " (client int, round int)",
                        "grant all on " + table + " to public");
    }

    @AfterEach
    void dropTable() {
        PostgresServers.shared().execute("orders", "drop table " + table);
    }

    @SharingTargets
    void serves20ClientsOn2Servers(Target target) throws Exception {
        int clients = 20;
        int rounds = 25;
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            int client = i;
            tasks.add(() -> work(target.twoServers(), client, rounds));
        }
        assertThat(runAll(tasks)).isEqualTo(clients * rounds);
        assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table))
                .isEqualTo(Integer.toString(clients * rounds));
    }

    private int work(ServerAddress address, int id, int rounds) {
        int done = 0;
        try (WireClient client = WireClient.connect(address)) {
            client.send(FrontendBytes.parse("mine", "select " + id + " + $1::int"), FrontendBytes.sync());
            assertThat(client.answers()).containsExactly("1", "Z(I)");
            for (int round = 0; round < rounds; round++) {
                assertThat(client.query("begin")).containsExactly("C(BEGIN)", "Z(T)");
                assertThat(client.query("insert into " + table + " values (" + id + ", " + round + ")"))
                        .containsExactly("C(INSERT 0 1)", "Z(T)");
                client.send(
                        FrontendBytes.bind("", "mine", Integer.toString(round)),
                        FrontendBytes.execute(),
                        FrontendBytes.sync());
                assertThat(client.answers()).containsExactly("2", "D(" + (id + round) + ")", "C(SELECT 1)", "Z(T)");
                assertThat(client.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
                assertThat(client.ask("select count(*) from " + table + " where client = " + id))
                        .isEqualTo(Integer.toString(round + 1));
                done++;
            }
        }
        return done;
    }

    /** The short form: every client lives a few transactions and leaves in a way of its own. */
    @SharingTargets
    void survives200ClientsThatLeaveAtRandom(Target target) throws Exception {
        int clients = 200;
        // PostgreSQL itself is asked by fewer at a time: each takes a connection of its own there.
        int atOnce = target == Target.DIRECT ? 40 : clients;
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            int client = i;
            tasks.add(() -> liveAndLeave(target.address(), client));
        }
        int committed = 0;
        for (int from = 0; from < clients; from += atOnce) {
            committed += runAll(tasks.subList(from, from + atOnce));
        }
        assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table + " where round >= 0"))
                .isEqualTo(Integer.toString(committed));
        assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table + " where round < 0"))
                .as("rows of transactions that were never committed")
                .isEqualTo("0");
    }

    private int liveAndLeave(ServerAddress address, int id) {
        SplittableRandom random = new SplittableRandom(id);
        WireClient client = WireClient.connect(address);
        int committed = 0;
        for (int round = 0; round < 1 + random.nextInt(4); round++) {
            assertThat(client.query("begin; insert into " + table + " values (" + id + ", " + round + "); commit"))
                    .containsExactly("C(BEGIN)", "C(INSERT 0 1)", "C(COMMIT)", "Z(I)");
            assertThat(client.ask("select " + id)).isEqualTo(Integer.toString(id));
            committed++;
        }
        switch (random.nextInt(6)) {
            case 0 -> client.close();
            case 1 -> client.kill();
            case 2 -> {
                client.query("begin; insert into " + table + " values (" + id + ", -1)");
                client.kill();
            }
            case 3 -> {
                client.send(
                        FrontendBytes.parse("", "insert into " + table + " values (" + id + ", -2)"),
                        FrontendBytes.bind("", ""),
                        FrontendBytes.execute(),
                        FrontendBytes.flush());
                client.abandon();
            }
            case 4 -> {
                client.send(FrontendBytes.query("select repeat('x', 1000) from generate_series(1, 5000)"));
                client.abandon();
            }
            default -> {
                client.send(new byte[] {'Q', 0, 0, 1});
                client.abandon();
            }
        }
        return committed;
    }

    private static int runAll(List<Callable<Integer>> tasks) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int sum = 0;
            for (Future<Integer> result : threads.invokeAll(tasks)) {
                sum += result.get();
            }
            return sum;
        }
    }
}

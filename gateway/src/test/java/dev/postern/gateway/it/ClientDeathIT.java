package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.copyData;
import static dev.postern.gateway.it.harness.FrontendBytes.copyDone;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.flush;
import static dev.postern.gateway.it.harness.FrontendBytes.message;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A client that dies commits nothing it had not committed, and its server connection is not lent on with what it left.
 * All clients share one server connection where the target allows.
 */
@ExtendWith(CleanAfterEach.class)
class ClientDeathIT {
    private final String table = Names.unique("death");

    @BeforeEach
    void createTable() {
        PostgresServers.shared()
                .execute("orders", "create table " + table + " (n int)", "grant all on " + table + " to public");
    }

    @AfterEach
    void dropTable() {
        PostgresServers.shared().execute("orders", "drop table " + table);
    }

    /** Ways to die: by a reset, and by an end of stream without Terminate. */
    static Stream<Arguments> deaths() {
        return dev.postern.gateway.it.harness.Targets.sharing()
                .flatMap(target -> Stream.of(
                        Arguments.of(target, "reset", (Consumer<WireClient>) WireClient::kill),
                        Arguments.of(target, "end of stream", (Consumer<WireClient>) WireClient::abandon)));
    }

    private void assertNothingIsLeft(Target target) {
        Awaitility.await("no transaction left open")
                .until(() -> PostgresServers.shared().sessions("orders").stream()
                        .noneMatch(session -> session.state().startsWith("idle in transaction")
                                || session.query().contains(table)
                                        && session.state().equals("active")));
        try (WireClient next = WireClient.connect(target.oneServer())) {
            assertThat(next.query("select count(*) as n from " + table))
                    .containsExactly("T(n:20)", "D(0)", "C(SELECT 1)", "Z(I)");
            assertThat(next.query("begin")).containsExactly("C(BEGIN)", "Z(T)");
            assertThat(next.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void rollsBackAnOpenTransaction(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.query("begin; insert into " + table + " values (1)");
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void rollsBackAFailedTransaction(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.query("begin; insert into " + table + " values (1)");
        client.query("nonsense");
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void doesNotSyncAPipelineForADeadClient(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.send(parse("", "insert into " + table + " values (1)"), bind("", ""), execute(), flush());
        client.receiveUntil('C');
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void doesNotEndACopyForADeadClient(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.send(query("copy " + table + " from stdin"));
        client.receiveUntil('G');
        client.send(copyData("1\n2\n"));
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void doesNotSyncACopyThatHadEnded(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.send(parse("", "copy " + table + " from stdin"), bind("", ""), execute(), flush());
        client.receiveUntil('G');
        client.send(copyData("1\n2\n"), copyDone(), flush());
        client.receiveUntil('C');
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void throwsHalfAMessageAway(Target target, String how, Consumer<WireClient> death) {
        byte[] insert = query("insert into " + table + " values (1)");
        WireClient client = WireClient.connect(target.oneServer());
        client.send(Arrays.copyOf(insert, insert.length - 3));
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void throwsHalfALargeMessageAway(Target target, String how, Consumer<WireClient> death) {
        byte[] insert = concat(
                parse("", "insert into " + table + " select length($1)"),
                message('B', new byte[] {0, 0, 0, 0, 0, 1, 0x00, 0x4c, 0x4b, 0x40}, new byte[5_000_000], new byte[2]));
        WireClient client = WireClient.connect(target.oneServer());
        client.send(Arrays.copyOf(insert, 3_000_000));
        death.accept(client);
        assertNothingIsLeft(target);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void freesTheServerOfAClientThatDiesWhileItReads(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.send(query("select n, repeat('x', 1000) from generate_series(1, 1000000) n"));
        client.receiveUntil('D');
        death.accept(client);
        assertNothingIsLeft(target);
    }

    /** PostgreSQL finishes a simple query that it has; so does it when the gateway hangs up. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("deaths")
    void leavesACompleteSimpleQueryToPostgres(Target target, String how, Consumer<WireClient> death) {
        WireClient client = WireClient.connect(target.oneServer());
        client.send(query("insert into " + table + " select 1 from pg_sleep(0.3) /* complete */"));
        Awaitility.await()
                .pollInterval(Duration.ofMillis(10))
                .until(() -> PostgresServers.shared().sessions("orders").stream()
                        .anyMatch(session -> session.state().equals("active")
                                && session.query().contains("/* complete */")
                                && session.query().contains(table)));
        death.accept(client);
        Awaitility.await()
                .until(() -> PostgresServers.shared()
                        .ask("orders", "select count(*) from " + table)
                        .equals("1"));
    }
}

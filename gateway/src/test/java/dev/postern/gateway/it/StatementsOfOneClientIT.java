package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.closeStatement;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.describePortal;
import static dev.postern.gateway.it.harness.FrontendBytes.describeStatement;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Prepared statements in the company of other clients that have the same, and of everything else a pipeline may hold. */
@ExtendWith(CleanAfterEach.class)
class StatementsOfOneClientIT {
    private static byte[] run(String statement, String... parameters) {
        return concat(bind("", statement, parameters), execute());
    }

    private static List<String> each(List<byte[]> ways) {
        return ways.stream()
                .map(way -> new String(way, java.nio.charset.StandardCharsets.US_ASCII))
                .toList();
    }

    @EveryTarget
    void losesItsStatementsAtDeallocateAllAndDiscardAllAndNobodyElseDoes(Target target) {
        List<byte[]> ways = List.of(
                query("deallocate all"),
                query("discard all"),
                concat(parse("", "deallocate all"), run(""), sync()),
                concat(parse("", "discard all"), run(""), sync()),
                query("DEALLOCATE PREPARE ALL"));
        try (WireClient other = WireClient.connect(target == Target.SESSION ? target.address() : target.twoServers())) {
            other.send(parse("s", "select 'mine'"), sync());
            other.answers();
            for (int way = 0; way < ways.size(); way++) {
                try (WireClient client =
                        WireClient.connect(target == Target.SESSION ? target.address() : target.twoServers())) {
                    client.send(parse("s", "select 'mine'"), run("s"), sync());
                    assertThat(client.answers()).contains("D(mine)");
                    client.send(ways.get(way));
                    assertThat(client.answers()).endsWith("Z(I)");
                    client.send(run("s"), sync());
                    assertThat(client.answers()).as(each(ways).get(way)).containsExactly("E(ERROR 26000)", "Z(I)");
                    client.send(parse("s", "select 'mine'"), run("s"), sync());
                    assertThat(client.answers()).containsExactly("1", "2", "D(mine)", "C(SELECT 1)", "Z(I)");
                }
                other.send(run("s"), sync());
                assertThat(other.answers()).containsExactly("2", "D(mine)", "C(SELECT 1)", "Z(I)");
            }
        }
    }

    /** The name of the server's copy is in pg_prepared_statements for whoever looks. */
    @Test
    void losesNothingByADeallocateOfTheServersOwnName() {
        List<Function<String, byte[]>> ways = List.of(
                name -> query("select 1; deallocate " + name),
                name -> query("DEALLOCATE " + name.toUpperCase(Locale.ROOT)),
                name -> query("DEALLOCATE prepare \"" + name + "\""),
                name -> concat(parse("", "deallocate " + name), run(""), sync()),
                name -> concat(parse("named", "deallocate " + name), run("named"), sync()));
        for (Function<String, byte[]> way : ways) {
            try (WireClient first = WireClient.connect(Target.TRANSACTION.oneServer());
                    WireClient other = WireClient.connect(Target.TRANSACTION.oneServer())) {
                first.send(parse("s", "select 'shared'"), run("s"), sync());
                first.answers();
                String name = other.ask("select name from pg_prepared_statements where statement like '%shared%'"
                        + " and not from_sql and statement not like '%pg_prepared%'");
                assertThat(name).startsWith("postern_");
                other.send(way.apply(name));
                assertThat(other.answers()).contains("C(DEALLOCATE)");
                first.send(run("s"), sync());
                assertThat(first.answers()).containsExactly("2", "D(shared)", "C(SELECT 1)", "Z(I)");
            }
        }
    }

    @SharingTargets
    void deallocatesItsOwnAndKeepsItsServer(Target target) {
        try (WireClient client = WireClient.connect(target.oneServer())) {
            String server = client.ask("select pg_backend_pid()");
            for (byte[] way : List.of(query("deallocate s"), concat(parse("", "deallocate s"), run(""), sync()))) {
                client.send(parse("s", "select 1"), run("s"), sync());
                client.answers();
                client.send(way);
                assertThat(client.answers()).contains("C(DEALLOCATE)");
            }
            assertThat(client.ask("select pg_backend_pid()")).isEqualTo(server);
        }
    }

    @EveryTarget
    void aBindWithTooManyParametersNamesTheClientsStatement(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("mein \"Name\"", "select $1::int"), run("mein \"Name\"", "1", "2"), sync());
            assertThat(client.receive()).hasToString("1");
            assertThat(client.receive().fields().get('M'))
                    .isEqualTo("bind message supplies 2 parameters, but prepared statement \"mein \"Name\"\""
                            + " requires 1");
            assertThat(client.answers()).containsExactly("Z(I)");
            client.send(run("mein \"Name\"", "1"), sync());
            assertThat(client.answers()).containsExactly("2", "D(1)", "C(SELECT 1)", "Z(I)");
        }
    }

    /** The Parse of another client's text is answered without the server; a report comes in the middle all the same. */
    @SharingTargets
    void answersParseTogetherWithAChangeOfAReportedSetting(Target target) {
        try (WireClient first = WireClient.connect(target.oneServer());
                WireClient client = WireClient.connect(target.oneServer())) {
            first.send(parse("s", "select current_setting('TimeZone')"), sync());
            first.answers();
            client.send(
                    parse("", "set TimeZone = 'Asia/Tokyo'"),
                    run(""),
                    parse("s", "select current_setting('TimeZone')"),
                    run("s"),
                    sync());
            assertThat(client.answers())
                    .containsSubsequence("1", "2", "C(SET)", "1", "2", "D(Asia/Tokyo)", "C(SELECT 1)", "Z(I)")
                    .contains("S(TimeZone=Asia/Tokyo)");
            first.send(run("s"), sync());
            assertThat(first.answers()).doesNotContain("D(Asia/Tokyo)").contains("C(SELECT 1)");
        }
    }

    /** As Npgsql and pgx send their batches: all Parse and Describe first, then all Bind. */
    @EveryTarget
    void preparesAndDescribesABatchBeforeItRunsIt(Target target) {
        try (WireClient client = target.connect()) {
            for (int round = 0; round < 2; round++) {
                List<byte[]> pipeline = new ArrayList<>();
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    pipeline.add(parse("b" + i, "select $1::int + " + i % 30 + " as n"));
                    pipeline.add(describeStatement("b" + i));
                    expected.addAll(List.of("1", "t(23)", "T(n:23)"));
                }
                for (int i = 0; i < 100; i++) {
                    pipeline.add(bind("", "b" + i, "1"));
                    pipeline.add(describePortal(""));
                    pipeline.add(execute());
                    expected.addAll(List.of("2", "T(n:23)", "D(" + (1 + i % 30) + ")", "C(SELECT 1)"));
                }
                for (int i = 0; i < 100; i++) {
                    pipeline.add(closeStatement("b" + i));
                    expected.add("3");
                }
                pipeline.add(sync());
                expected.add("Z(I)");
                client.send(pipeline.toArray(byte[][]::new));
                assertThat(client.answers()).isEqualTo(expected);
            }
        }
    }

    /** Parse and Bind that fill what is read at once exactly, or one byte more or less, or many times over. */
    @EveryTarget
    void takesStatementsAndParametersOfEverySize(Target target) {
        try (WireClient client = target.connect()) {
            for (int base : new int[] {1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 3 << 15, 1 << 18}) {
                for (int near : new int[] {-27, -6, -5, -1, 0, 1, 5}) {
                    String filling = "x".repeat(base + near);
                    client.send(
                            parse("s", "select length($1) /*" + filling + "*/"),
                            bind("", "s", filling),
                            execute(),
                            closeStatement("s"),
                            sync());
                    assertThat(client.answers())
                            .containsExactly("1", "2", "D(" + (base + near) + ")", "C(SELECT 1)", "3", "Z(I)");
                }
            }
        }
    }

    @SharingTargets
    void leavesNothingOfAClientThatGoesInTheMiddleOfAPipeline(Target target) {
        for (int round = 0; round < 10; round++) {
            WireClient leaving = WireClient.connect(target.oneServer());
            leaving.send(parse("s", "select pg_sleep(0.02)"), run("s"), parse("t", "select 1/0"), run("t"), run("s"));
            leaving.kill();
            try (WireClient next = WireClient.connect(target.oneServer())) {
                next.send(parse("s", "select 'next'"), run("s"), sync());
                assertThat(next.answers()).containsExactly("1", "2", "D(next)", "C(SELECT 1)", "Z(I)");
            }
        }
    }
}

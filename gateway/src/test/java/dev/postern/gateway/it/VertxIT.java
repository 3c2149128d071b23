package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;

/** The reactive driver of Vert.x: pipelines hundreds of statements and caches their names. */
@ExtendWith(CleanAfterEach.class)
class VertxIT {
    private static Vertx vertx;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() {
        await(vertx.close());
    }

    private static PgConnectOptions options(Target target) {
        ServerAddress address = target.twoServers();
        return new PgConnectOptions()
                .setHost("localhost")
                .setPort(address.port())
                .setDatabase(address.database())
                .setUser(address.user())
                .setPassword(address.password())
                .setCachePreparedStatements(true)
                .setPipeliningLimit(256)
                .setSslMode(SslMode.VERIFY_FULL)
                .setSslOptions(new ClientSSLOptions()
                        .setTrustOptions(new PemTrustOptions()
                                .addCertPath(Certificates.shared().caFile().toString()))
                        .setHostnameVerificationAlgorithm("HTTPS"));
    }

    private static PgConnection connect(Target target) {
        return await(PgConnection.connect(vertx, options(target)));
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static String failureOf(Future<?> future) {
        Throwable failure = catchThrowableOfType(CompletionException.class, () -> await(future))
                .getCause();
        return failure instanceof PgException error ? error.getSqlState() : String.valueOf(failure);
    }

    private static Future<RowSet<Row>> add(SqlClient client, int n, int more) {
        return client.preparedQuery("select $1::int + " + more).execute(Tuple.of(n));
    }

    /** The second time another client has a transaction open, so a pool of two lends its other server. */
    private static void onBothServers(Target target, Runnable act) {
        PgConnection holder = connect(target);
        act.run();
        await(holder.query("begin").execute());
        act.run();
        await(holder.query("commit").execute());
        act.run();
        await(holder.close());
    }

    @SharingTargets
    void pipelinesCachedStatementsOnAnyServer(Target target) {
        PgConnection connection = connect(target);
        onBothServers(target, () -> {
            List<Future<RowSet<Row>>> answers = new ArrayList<>();
            for (int n = 0; n < 400; n++) {
                answers.add(add(connection, n, n % 300));
            }
            int sum = 0;
            for (Future<RowSet<Row>> answer : answers) {
                sum += await(answer).iterator().next().getInteger(0);
            }
            assertThat(sum).isEqualTo(400 * 399 / 2 + 300 * 299 / 2 + 100 * 99 / 2);
        });
        await(connection.close());
    }

    @SharingTargets
    void goesOnAfterErrorsInAPipeline(Target target) {
        PgConnection connection = connect(target);
        for (int round = 0; round < 2; round++) {
            Future<RowSet<Row>> before = add(connection, 1, 1);
            Future<RowSet<Row>> zero =
                    connection.preparedQuery("select 1 / $1::int").execute(Tuple.of(0));
            Future<RowSet<Row>> wrong = connection.preparedQuery("selec 1").execute();
            Future<RowSet<Row>> after = add(connection, 2, 2);
            assertThat(await(before).iterator().next().getInteger(0)).isEqualTo(2);
            assertThat(failureOf(zero)).isEqualTo("22012");
            assertThat(failureOf(wrong)).isEqualTo("42601");
            assertThat(await(after).iterator().next().getInteger(0)).isEqualTo(4);
        }
        await(connection.close());
    }

    @SharingTargets
    void runsBatchesAndCursorsInTransactions(Target target) {
        String table = Names.unique("vertx");
        Pool pool = PgBuilder.pool()
                .with(new PoolOptions().setMaxSize(6))
                .connectingTo(options(target))
                .using(vertx)
                .build();
        await(pool.query("create table " + table + " (n int unique)").execute());
        try {
            List<Tuple> rows = new ArrayList<>();
            for (int n = 0; n < 500; n++) {
                rows.add(Tuple.of(n));
            }
            await(pool.preparedQuery("insert into " + table + " values ($1)").executeBatch(rows));
            List<Future<Integer>> sums = new ArrayList<>();
            for (int client = 0; client < 12; client++) {
                sums.add(pool.withTransaction(connection -> connection
                        .prepare("select n from " + table + " order by n")
                        .compose(statement -> statement.cursor().read(50))
                        .map(read -> read.size())));
            }
            for (Future<Integer> sum : sums) {
                assertThat(await(sum)).isEqualTo(50);
            }
            assertThat(failureOf(pool.withTransaction(connection -> connection
                            .query("insert into " + table + " values (1000)")
                            .execute()
                            .compose(done -> connection
                                    .query("insert into " + table + " values (1)")
                                    .execute()))))
                    .isEqualTo("23505");
            assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table))
                    .isEqualTo("500");
        } finally {
            await(pool.query("drop table " + table).execute());
            await(pool.close());
        }
    }

    @SharingTargets
    void preparesAgainAfterDdl(Target target) {
        String table = Names.unique("vertx");
        PgConnection connection = connect(target);
        await(connection.query("create table " + table + " as select 1 as a").execute());
        String query = "select * from " + table + " where a = $1";
        onBothServers(
                target,
                () -> assertThat(await(connection.preparedQuery(query).execute(Tuple.of(1)))
                                .columnsNames())
                        .containsExactly("a"));
        await(connection.query("alter table " + table + " add b int").execute());
        // The driver hands the error on once, and drops its cached statement.
        assertThat(failureOf(connection.preparedQuery(query).execute(Tuple.of(1))))
                .isEqualTo("0A000");
        onBothServers(
                target,
                () -> assertThat(await(connection.preparedQuery(query).execute(Tuple.of(1)))
                                .columnsNames())
                        .containsExactly("a", "b"));
        await(connection.query("drop table " + table).execute());
        await(connection.close());
    }

    @SharingTargets
    void cancelsItsQuery(Target target) {
        PgConnection connection = connect(target);
        for (int round = 0; round < 2; round++) {
            Future<RowSet<Row>> asleep = connection.query("select pg_sleep(20)").execute();
            org.awaitility.Awaitility.await()
                    .until(() -> !PostgresServers.shared()
                            .ask(
                                    "postgres",
                                    "select count(*) from pg_stat_activity where query = 'select pg_sleep(20)' and state = 'active'")
                            .equals("0"));
            await(connection.cancelRequest());
            assertThat(failureOf(asleep)).isEqualTo("57014");
            assertThat(await(add(connection, 1, 1)).iterator().next().getInteger(0))
                    .isEqualTo(2);
        }
        await(connection.close());
    }
}

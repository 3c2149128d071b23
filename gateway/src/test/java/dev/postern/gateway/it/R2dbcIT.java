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
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.client.SSLMode;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.R2dbcException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** r2dbc-postgresql, as Spring's reactive applications use it. */
@ExtendWith(CleanAfterEach.class)
class R2dbcIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static PostgresqlConnection connect(
            Target target, UnaryOperator<PostgresqlConnectionConfiguration.Builder> change) {
        ServerAddress address = target.twoServers();
        PostgresqlConnectionConfiguration.Builder builder = PostgresqlConnectionConfiguration.builder()
                .host("localhost")
                .port(address.port())
                .database(address.database())
                .username(address.user())
                .password(address.password())
                .sslMode(SSLMode.VERIFY_FULL)
                .sslRootCert(Certificates.shared().caFile().toString());
        return await(new PostgresqlConnectionFactory(change.apply(builder).build()).create());
    }

    private static PostgresqlConnection connect(Target target) {
        return connect(target, builder -> builder);
    }

    private static <T> T await(Mono<T> mono) {
        return Objects.requireNonNull(mono.block(PATIENCE));
    }

    private static void run(PostgresqlConnection connection, String sql) {
        connection
                .createStatement(sql)
                .execute()
                .flatMap(result -> result.getRowsUpdated())
                .then()
                .block(PATIENCE);
    }

    private static Flux<String> texts(PostgresqlConnection connection, String sql, Object... parameters) {
        io.r2dbc.postgresql.api.PostgresqlStatement statement = connection.createStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.bind(i, parameters[i]);
        }
        return statement
                .execute()
                .concatMap(result -> result.map((row, facts) -> Objects.requireNonNull(row.get(0, String.class))));
    }

    private static String text(PostgresqlConnection connection, String sql, Object... parameters) {
        return await(texts(connection, sql, parameters).single());
    }

    private static String failureOf(PostgresqlConnection connection, String sql, Object... parameters) {
        return String.valueOf(catchThrowableOfType(R2dbcException.class, () -> text(connection, sql, parameters))
                .getSqlState());
    }

    /** The second time another client has a transaction open, so a pool of two lends its other server. */
    private static void onBothServers(Target target, Runnable act) {
        PostgresqlConnection holder = connect(target);
        act.run();
        run(holder, "begin");
        act.run();
        run(holder, "commit");
        act.run();
        holder.close().block(PATIENCE);
    }

    @SharingTargets
    void runsStatementsWithAndWithoutACacheOnAnyServer(Target target) {
        for (int cached : List.of(-1, 0, 5)) {
            PostgresqlConnection connection = connect(target, builder -> builder.preparedStatementCacheQueries(cached));
            onBothServers(target, () -> {
                for (int n = 0; n < 20; n++) {
                    assertThat(text(connection, "select ($1::int + " + n % 10 + ")::text", n))
                            .isEqualTo(String.valueOf(n + n % 10));
                }
            });
            connection.close().block(PATIENCE);
        }
    }

    @SharingTargets
    void keepsItsSettings(Target target) {
        PostgresqlConnection connection = connect(
                target,
                builder -> builder.applicationName("mine")
                        .schema("pg_catalog")
                        .statementTimeout(Duration.ofSeconds(71))
                        .lockWaitTimeout(Duration.ofSeconds(72))
                        .options(Map.of("work_mem", "5MB")));
        String shown = "select concat_ws(' ', current_setting('application_name'), current_setting('search_path'),"
                + " current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('work_mem'))";
        onBothServers(target, () -> assertThat(text(connection, shown)).isEqualTo("mine pg_catalog 71s 72s 5MB"));
        connection.setStatementTimeout(Duration.ofSeconds(73)).then().block(PATIENCE);
        connection.setTransactionIsolationLevel(IsolationLevel.SERIALIZABLE).block(PATIENCE);
        onBothServers(
                target,
                () -> assertThat(text(connection, shown) + " " + text(connection, "show transaction_isolation"))
                        .isEqualTo("mine pg_catalog 73s 72s 5MB serializable"));
        connection.close().block(PATIENCE);
    }

    @SharingTargets
    void runsTransactionsWithSavepointsAndBatches(Target target) {
        String table = Names.unique("r2dbc");
        PostgresqlConnection connection = connect(target);
        run(connection, "create table " + table + " (n int unique)");
        try {
            connection.beginTransaction().block(PATIENCE);
            run(connection, "insert into " + table + " values (1)");
            connection.createSavepoint("s").block(PATIENCE);
            assertThat(failureOf(connection, "insert into " + table + " values ($1) returning n::text", 1))
                    .isEqualTo("23505");
            connection.rollbackTransactionToSavepoint("s").block(PATIENCE);
            var insert = connection.createStatement("insert into " + table + " values ($1)");
            for (int n = 2; n < 200; n++) {
                insert.bind(0, n);
                if (n < 199) {
                    insert.add();
                }
            }
            insert.execute().flatMap(result -> result.getRowsUpdated()).then().block(PATIENCE);
            connection.commitTransaction().block(PATIENCE);
            onBothServers(
                    target,
                    () -> assertThat(text(connection, "select count(*)::text from " + table))
                            .isEqualTo("199"));
        } finally {
            run(connection, "drop table " + table);
            connection.close().block(PATIENCE);
        }
    }

    @SharingTargets
    void readsRowsInPiecesAndStopsEarly(Target target) {
        PostgresqlConnection connection = connect(target, builder -> builder.fetchSize(7));
        connection.beginTransaction().block(PATIENCE);
        assertThat(await(texts(connection, "select generate_series(1, 1000)::text")
                        .count()))
                .isEqualTo(1000);
        assertThat(await(texts(connection, "select generate_series(1, 1000)::text")
                        .take(10)
                        .count()))
                .isEqualTo(10);
        connection.commitTransaction().block(PATIENCE);
        onBothServers(
                target,
                () -> assertThat(text(connection, "select 'still here'")).isEqualTo("still here"));
        connection.close().block(PATIENCE);
    }

    @SharingTargets
    void preparesAgainAfterDdl(Target target) {
        String table = Names.unique("r2dbc");
        PostgresqlConnection connection = connect(target);
        run(connection, "create table " + table + " as select '1'::text as a");
        String query = "select * from " + table + " where a = $1";
        onBothServers(target, () -> assertThat(text(connection, query, "1")).isEqualTo("1"));
        run(connection, "alter table " + table + " add b int");
        // The driver prepares again by itself.
        onBothServers(target, () -> assertThat(text(connection, query, "1")).isEqualTo("1"));
        run(connection, "drop table " + table);
        connection.close().block(PATIENCE);
    }

    @SharingTargets
    void cancelsItsQuery(Target target) {
        PostgresqlConnection connection = connect(target);
        Mono<String> asleep =
                texts(connection, "select pg_sleep(20)::text").single().cache();
        asleep.subscribe(value -> {}, failure -> {});
        org.awaitility.Awaitility.await()
                .until(() -> !PostgresServers.shared()
                        .ask(
                                "postgres",
                                "select count(*) from pg_stat_activity where query = 'select pg_sleep(20)::text' and state = 'active'")
                        .equals("0"));
        connection.cancelRequest().block(PATIENCE);
        assertThat(catchThrowableOfType(R2dbcException.class, () -> asleep.block(PATIENCE))
                        .getSqlState())
                .isEqualTo("57014");
        assertThat(text(connection, "select 'still here'")).isEqualTo("still here");
        connection.close().block(PATIENCE);
    }
}

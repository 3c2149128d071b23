package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.Targets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** pgjdbc's properties that decide which messages it sends, where a transaction may come to another server than the last. */
@ExtendWith(CleanAfterEach.class)
class PgjdbcIT {
    private final String table = Names.unique("pgjdbc");

    @BeforeEach
    void createTable() {
        PostgresServers.shared()
                .execute(
                        "orders",
                        "create table " + table + " as select 1 as a",
                        "grant all on " + table + " to public");
    }

    @AfterEach
    void dropTable() {
        PostgresServers.shared().execute("orders", "drop table " + table);
    }

    private static Connection connect(Target target, String... properties) throws SQLException {
        ServerAddress address = target.twoServers();
        Properties all = new Properties();
        all.setProperty("user", address.user());
        all.setProperty("password", address.password());
        all.setProperty("sslmode", "verify-full");
        all.setProperty("sslrootcert", Certificates.shared().caFile().toString());
        all.setProperty("channelBinding", "require");
        for (int i = 0; i < properties.length; i += 2) {
            all.setProperty(properties[i], properties[i + 1]);
        }
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + address.port() + "/" + address.database(), all);
    }

    @FunctionalInterface
    private interface Act {
        void run() throws SQLException;
    }

    /** Three times: between the first and the last another client has a transaction open, so a pool of two lends its other server. */
    private static void onBothServers(Target target, Act act) throws SQLException {
        try (Connection holder = connect(target)) {
            act.run();
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                statement.execute("select 1");
            }
            act.run();
            holder.commit();
            act.run();
        }
    }

    static Stream<Arguments> waysToAsk() {
        return Targets.sharing()
                .flatMap(target -> Stream.of(
                                List.of("prepareThreshold", "0"),
                                List.of("prepareThreshold", "1"),
                                List.of("prepareThreshold", "5"),
                                List.of("prepareThreshold", "-1"),
                                List.of("prepareThreshold", "1", "preparedStatementCacheQueries", "3"),
                                List.of("preferQueryMode", "simple"),
                                List.of("preferQueryMode", "extendedForPrepared"),
                                List.of("preferQueryMode", "extendedCacheEverything"))
                        .map(properties -> Arguments.of(target, properties)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("waysToAsk")
    void runsStatementsAgainAndAgainOnAnyServer(Target target, List<String> properties) throws SQLException {
        try (Connection connection = connect(target, properties.toArray(String[]::new))) {
            onBothServers(target, () -> {
                for (int n = 0; n < 12; n++) {
                    try (PreparedStatement statement =
                            connection.prepareStatement("select ?::int + " + n % 6 + ", ?::text")) {
                        statement.setInt(1, n);
                        statement.setString(2, "text");
                        try (ResultSet row = statement.executeQuery()) {
                            assertThat(row.next()).isTrue();
                            assertThat(row.getInt(1)).isEqualTo(n + n % 6);
                            assertThat(row.getString(2)).isEqualTo("text");
                        }
                    }
                }
            });
        }
    }

    static Stream<Arguments> waysToHeal() {
        return Targets.sharing()
                .flatMap(target -> Stream.of("always", "conservative").map(autosave -> Arguments.of(target, autosave)));
    }

    /** The driver goes back to its savepoint, forgets its statement and prepares again, within the transaction. */
    @ParameterizedTest(name = "{0} autosave={1}")
    @MethodSource("waysToHeal")
    void healsAStalePlanWithinATransaction(Target target, String autosave) throws SQLException {
        try (Connection connection = connect(target, "autosave", autosave, "prepareThreshold", "1")) {
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement("select * from " + table)) {
                onBothServers(target, () -> assertColumns(connection, statement, 1));
                PostgresServers.shared().execute("orders", "alter table " + table + " add b int");
                onBothServers(target, () -> assertColumns(connection, statement, 2));
                PostgresServers.shared().execute("orders", "alter table " + table + " alter a type bigint, add c int");
                onBothServers(target, () -> assertColumns(connection, statement, 3));
            }
        }
    }

    private static void assertColumns(Connection connection, PreparedStatement statement, int count)
            throws SQLException {
        for (int i = 0; i < 3; i++) {
            try (ResultSet rows = statement.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getMetaData().getColumnCount()).isEqualTo(count);
            }
        }
        connection.commit();
    }

    /** With a savepoint before each statement an error costs the statement, not the transaction. */
    @SharingTargets
    void goesOnInItsTransactionAfterAnErrorWithAutosave(Target target) throws SQLException {
        try (Connection connection = connect(target, "autosave", "always");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int round = 0; round < 3; round++) {
                statement.execute("insert into " + table + " values (10)");
                assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                        SQLException.class, () -> statement.execute("select 1/0"))
                                .getSQLState())
                        .isEqualTo("22012");
                connection.commit();
            }
            assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table + " where a = 10"))
                    .isEqualTo("3");
        }
    }

    /** Batches of different lengths become statements of different texts: 128 rows, 64, ... in one. */
    @SharingTargets
    void rewritesBatches(Target target) throws SQLException {
        try (Connection connection = connect(target, "reWriteBatchedInserts", "true", "prepareThreshold", "1")) {
            onBothServers(target, () -> {
                try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?)")) {
                    for (int size : new int[] {1, 7, 300, 129}) {
                        for (int n = 0; n < size; n++) {
                            insert.setInt(1, 1000 + n);
                            insert.addBatch();
                        }
                        assertThat(insert.executeBatch()).hasSize(size);
                    }
                }
            });
        }
        assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table + " where a >= 1000"))
                .isEqualTo(String.valueOf(3 * (1 + 7 + 300 + 129)));
    }

    /** In autocommit the driver opens no portal that would outlive its transaction; within one it reads 7 rows at a time. */
    @SharingTargets
    void readsByDefaultRowFetchSize(Target target) throws SQLException {
        try (Connection connection = connect(target, "defaultRowFetchSize", "7", "prepareThreshold", "1")) {
            for (boolean autoCommit : new boolean[] {true, false}) {
                connection.setAutoCommit(autoCommit);
                onBothServers(target, () -> {
                    try (PreparedStatement statement = connection.prepareStatement("select generate_series(1, ?)")) {
                        statement.setInt(1, 100);
                        int sum = 0;
                        try (ResultSet rows = statement.executeQuery()) {
                            while (rows.next()) {
                                sum += rows.getInt(1);
                            }
                        }
                        assertThat(sum).isEqualTo(5050);
                    }
                    if (!autoCommit) {
                        connection.commit();
                    }
                });
            }
        }
    }

    private static List<String> heard(Connection listener, int count) throws SQLException {
        List<String> heard = new ArrayList<>();
        long end = System.nanoTime() + 10_000_000_000L;
        while (heard.size() < count && System.nanoTime() < end) {
            for (PGNotification each : listener.unwrap(PGConnection.class).getNotifications(1000)) {
                heard.add(each.getName() + " " + each.getParameter());
            }
        }
        return heard;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @SharingTargets
    void hearsNotifications(Target target) throws SQLException {
        String channel = Names.unique("jdbc");
        try (Connection listener = connect(target);
                Connection other = connect(target)) {
            execute(listener, "listen " + channel);
            for (int i = 0; i < 30; i++) {
                execute(other, "notify " + channel + ", '" + i + "'");
            }
            assertThat(heard(listener, 30))
                    .isEqualTo(IntStream.range(0, 30)
                            .mapToObj(i -> channel + " " + i)
                            .toList());
            other.setAutoCommit(false);
            execute(other, "notify " + channel + ", 'undone'");
            other.rollback();
            execute(other, "notify " + channel + ", 'kept'");
            other.commit();
            assertThat(heard(listener, 1)).containsExactly(channel + " kept");
            execute(listener, "unlisten " + channel);
            execute(other, "notify " + channel + ", 'unheard'");
            other.commit();
            assertThat(listener.unwrap(PGConnection.class).getNotifications(300))
                    .isEmpty();
        }
    }
}

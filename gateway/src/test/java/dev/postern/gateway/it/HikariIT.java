package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.Tenant;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** A Java application with one HikariCP DataSource per tenant, pgjdbc and TLS verify-full. */
@ExtendWith(CleanAfterEach.class)
class HikariIT {
    private final String table = Names.unique("jdbc");

    @AfterEach
    void dropTables() {
        for (String database : Tenant.DATABASES) {
            PostgresServers.shared().execute(database, "drop table if exists " + table);
        }
    }

    private static HikariDataSource dataSource(ServerAddress address, int size) {
        return new HikariDataSource(config(address, size));
    }

    private static HikariConfig config(ServerAddress address, int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://localhost:" + address.port() + "/" + address.database());
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(size);
        config.addDataSourceProperty("sslmode", "verify-full");
        config.addDataSourceProperty(
                "sslrootcert", Certificates.shared().caFile().toString());
        // Named statements from the second execution on: that is where poolers break.
        config.addDataSourceProperty("prepareThreshold", "2");
        return config;
    }

    @EveryTarget
    void keepsTenantsApart(Target target) throws Exception {
        List<Callable<Void>> tasks = new ArrayList<>();
        List<HikariDataSource> sources = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (String database : Tenant.DATABASES) {
                HikariDataSource source = dataSource(target.address(database), 4);
                sources.add(source);
                try (Connection connection = source.getConnection();
                        Statement statement = connection.createStatement()) {
                    statement.execute("create table " + table + " (tenant text, n int)");
                }
                for (int i = 0; i < 60; i++) {
                    int n = i;
                    tasks.add(() -> oneRequest(source, database, n));
                }
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            sources.forEach(HikariDataSource::close);
        }
        for (String database : Tenant.DATABASES) {
            assertThat(PostgresServers.shared()
                            .ask(database, "select string_agg(distinct tenant, ' ') || count(*) from " + table))
                    .isEqualTo(database + "60");
        }
    }

    private Void oneRequest(HikariDataSource source, String database, int n) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?, ?)");
                    PreparedStatement where = connection.prepareStatement("select current_database()")) {
                insert.setString(1, database);
                insert.setInt(2, n);
                insert.executeUpdate();
                try (ResultSet rows = where.executeQuery()) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString(1)).isEqualTo(database);
                }
            }
            connection.commit();
        }
        return null;
    }

    @EveryTarget
    void runsBatchesCursorsAndGeneratedKeys(Target target) throws SQLException {
        try (HikariDataSource source = dataSource(target.address(), 2);
                Connection connection = source.getConnection()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table " + table + " (id serial, n int unique)");
            }
            connection.setAutoCommit(false);
            try (PreparedStatement insert =
                    connection.prepareStatement("insert into " + table + " (n) values (?)", new String[] {"id"})) {
                for (int i = 0; i < 500; i++) {
                    insert.setInt(1, i);
                    insert.addBatch();
                }
                assertThat(insert.executeBatch()).hasSize(500);
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    assertThat(keys.next()).isTrue();
                    assertThat(keys.getInt(1)).isEqualTo(1);
                }
            }
            connection.commit();
            assertThat(sumByCursor(connection)).isEqualTo(499 * 500 / 2);
            connection.commit();
        }
    }

    private int sumByCursor(Connection connection) throws SQLException {
        int sum = 0;
        try (Statement statement = connection.createStatement()) {
            // A fetch size inside a transaction makes pgjdbc execute the portal 50 rows at a time.
            statement.setFetchSize(50);
            try (ResultSet rows = statement.executeQuery("select n from " + table)) {
                while (rows.next()) {
                    sum += rows.getInt(1);
                }
            }
        }
        return sum;
    }

    @EveryTarget
    void goesOnAfterAFailedBatch(Target target) throws SQLException {
        try (HikariDataSource source = dataSource(target.address(), 1)) {
            try (Connection connection = source.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("create table " + table + " (n int unique)");
            }
            for (int round = 0; round < 5; round++) {
                try (Connection connection = source.getConnection()) {
                    connection.setAutoCommit(false);
                    BatchUpdateException failure = org.assertj.core.api.Assertions.catchThrowableOfType(
                            BatchUpdateException.class, () -> insertTwice(connection));
                    assertThat(failure.getSQLState()).isEqualTo("23505");
                    connection.rollback();
                }
            }
            assertThat(PostgresServers.shared().ask("orders", "select count(*) from " + table))
                    .isEqualTo("0");
        }
    }

    private void insertTwice(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into " + table + " values (?)")) {
            for (int i = 0; i < 100; i++) {
                insert.setInt(1, i % 99);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    @EveryTarget
    void copiesByItsCopyManager(Target target) throws Exception {
        try (HikariDataSource source = dataSource(target.address(), 1);
                Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table " + table + " (n int)");
            CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
            assertThat(copy.copyIn(
                            "copy " + table + " from stdin",
                            new ByteArrayInputStream("1\n2\n3\n".getBytes(StandardCharsets.US_ASCII))))
                    .isEqualTo(3);
            java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
            assertThat(copy.copyOut("copy " + table + " to stdout", out)).isEqualTo(3);
            assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("1\n2\n3\n");
        }
    }

    @EveryTarget
    void writesLargeObjectsByTheFastPath(Target target) throws Exception {
        try (HikariDataSource source = dataSource(target.address(), 1);
                Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            org.postgresql.largeobject.LargeObjectManager objects =
                    connection.unwrap(PGConnection.class).getLargeObjectAPI();
            long oid = objects.createLO();
            try (org.postgresql.largeobject.LargeObject object = objects.open(oid)) {
                object.write("contents".getBytes(StandardCharsets.US_ASCII));
                object.seek(0);
                assertThat(new String(object.read(8), StandardCharsets.US_ASCII))
                        .isEqualTo("contents");
            }
            objects.delete(oid);
            connection.commit();
        }
    }

    @EveryTarget
    void cancelsAStatementByItsQueryTimeout(Target target) throws SQLException {
        try (HikariDataSource source = dataSource(target.address(), 1)) {
            for (int i = 0; i < 2; i++) {
                try (Connection connection = source.getConnection();
                        Statement statement = connection.createStatement()) {
                    statement.setQueryTimeout(1);
                    SQLException failure = org.assertj.core.api.Assertions.catchThrowableOfType(
                            SQLException.class, () -> statement.execute("select pg_sleep(30)"));
                    assertThat(failure.getSQLState()).isEqualTo("57014");
                }
                try (Connection connection = source.getConnection()) {
                    assertThat(connection.isValid(2)).isTrue();
                }
            }
        }
    }

    /** More borrowers than servers in transaction mode, each with settings of its own. */
    @EveryTarget
    void keepsIsolationReadOnlyAndSchemaPerBorrow(Target target) throws Exception {
        try (HikariDataSource source = dataSource(target.address(), 10);
                ExecutorService threads = Executors.newFixedThreadPool(10)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                int n = i;
                tasks.add(() -> borrowWithSettings(source, n));
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
    }

    private static Void borrowWithSettings(HikariDataSource source, int n) throws SQLException {
        boolean readOnly = n % 2 == 0;
        int isolation = n % 3 == 0 ? Connection.TRANSACTION_SERIALIZABLE : Connection.TRANSACTION_READ_COMMITTED;
        try (Connection connection = source.getConnection()) {
            connection.setReadOnly(readOnly);
            connection.setTransactionIsolation(isolation);
            connection.setSchema(n % 5 == 0 ? "pg_catalog" : "public");
            connection.setAutoCommit(false);
            for (int round = 0; round < 2; round++) {
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("select current_setting('transaction_read_only'),"
                                + " current_setting('transaction_isolation'), current_schema()")) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString(1)).isEqualTo(readOnly ? "on" : "off");
                    assertThat(rows.getString(2)).isEqualTo(n % 3 == 0 ? "serializable" : "read committed");
                    assertThat(rows.getString(3)).isEqualTo(n % 5 == 0 ? "pg_catalog" : "public");
                }
                connection.commit();
            }
        }
        return null;
    }

    /** All of them have set what they want before any of them looks; the pool sets something itself on each connection. */
    @SharingTargets
    void thirtyBorrowersOnFiveServersSeeWhatTheySet(Target target) throws Exception {
        HikariConfig config = config(target.address(), 30);
        config.setConnectionInitSql("set work_mem = '5MB'");
        config.addDataSourceProperty("readOnlyMode", "always");
        CyclicBarrier allHaveSet = new CyclicBarrier(30);
        try (HikariDataSource source = new HikariDataSource(config);
                ExecutorService threads = Executors.newFixedThreadPool(30)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                int n = i;
                tasks.add(() -> borrowTogether(source, n, allHaveSet));
            }
            for (int round = 0; round < 2; round++) {
                for (Future<Void> done : threads.invokeAll(tasks)) {
                    done.get();
                }
            }
        }
    }

    private static Void borrowTogether(HikariDataSource source, int n, CyclicBarrier allHaveSet) throws Exception {
        boolean readOnly = n % 2 == 0;
        String isolation = n % 3 == 0 ? "serializable" : n % 3 == 1 ? "repeatable read" : "read committed";
        try (Connection connection = source.getConnection()) {
            connection.setReadOnly(readOnly);
            connection.setTransactionIsolation(
                    switch (n % 3) {
                        case 0 -> Connection.TRANSACTION_SERIALIZABLE;
                        case 1 -> Connection.TRANSACTION_REPEATABLE_READ;
                        default -> Connection.TRANSACTION_READ_COMMITTED;
                    });
            connection.setSchema("schema_of_" + n);
            allHaveSet.await(30, TimeUnit.SECONDS);
            for (int round = 0; round < 4; round++) {
                connection.setAutoCommit(round % 2 == 0);
                try (PreparedStatement statement = connection.prepareStatement(
                        "select current_setting('transaction_read_only'),"
                                + " current_setting('transaction_isolation'), current_setting('search_path'), current_setting('work_mem'), ?::int"); ) {
                    statement.setInt(1, n);
                    try (ResultSet row = statement.executeQuery()) {
                        row.next();
                        assertThat(List.of(
                                        row.getString(1),
                                        row.getString(2),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getInt(5)))
                                .containsExactly(readOnly ? "on" : "off", isolation, "schema_of_" + n, "5MB", n);
                    }
                }
                if (!connection.getAutoCommit()) {
                    connection.commit();
                }
            }
            connection.setAutoCommit(true);
        }
        return null;
    }
}

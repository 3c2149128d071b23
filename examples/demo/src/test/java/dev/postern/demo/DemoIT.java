package dev.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One demo, used in the ways that its README lines promise. */
class DemoIT {
    @TempDir
    private static Path folder;

    private static DemoProcess demo;

    @BeforeAll
    static void startDemo() throws Exception {
        demo = DemoProcess.start(folder).ready();
    }

    @AfterAll
    static void endDemo() throws Exception {
        demo.close();
    }

    @ParameterizedTest
    @CsvSource({"orders, orders_owner", "billing, billing_owner", "analytics, analytics_owner"})
    void aClientOfOneEndpointIsTheTenantsRoleInEachDatabase(String database, String role) throws Exception {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select current_user, current_database()")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo(role);
            assertThat(row.getString(2)).isEqualTo(database);
        }
    }

    @Test
    void theServersAreTwo() throws Exception {
        assertThat(demo.serverPorts()).hasSize(2);
    }

    @Test
    void thePrintedLinesWorkAsTheyAre() throws Exception {
        assumeTrue(DemoProcess.has("psql"), "psql is not installed");
        List<String> lines =
                demo.stdout().lines().filter(line -> line.contains("psql ")).toList();

        assertThat(lines).hasSize(3);
        for (String line : lines) {
            assertThat(demo.run("env", "-u", "PGPASSWORD", "sh", "-c", line)).contains("_owner", "(1 row)");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "extended", "prepared"})
    void twoHundredClientsShareTenServerConnections(String mode) throws Exception {
        assumeTrue(DemoProcess.has("pgbench"), "pgbench is not installed");
        assumeTrue(openFilesAllow(300), "too few open files allowed");
        demo.run("pgbench", "-i", "-q", "billing");

        String said = demo.run("pgbench", "-n", "-S", "-M", mode, "-c", "200", "-j", "2", "-t", "20", "billing");

        assertThat(said).contains("number of transactions actually processed: 4000/4000");
        assertThat(said).doesNotContain("error", "aborted");
        assertThat(serverConnections("billing")).isBetween(1, 10);
    }

    @Test
    void aDumpIsWholeAndLeavesNothingBehindForTheNextClient() throws Exception {
        assumeTrue(DemoProcess.has("pg_dump"), "pg_dump is not installed");

        String dump = demo.run("pg_dump", "orders");

        assertThat(dump)
                .contains("CREATE TABLE public.orders", "COPY public.orders", "PostgreSQL database dump complete");
        // pg_dump empties search_path and asks for its own date style.
        for (int i = 0; i < 20; i++) {
            try (Connection connection = connect("orders");
                    Statement statement = connection.createStatement();
                    ResultSet row =
                            statement.executeQuery("select current_setting('search_path'), count(*) from orders")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString(1)).isEqualTo("\"$user\", public");
                assertThat(row.getLong(2)).isEqualTo(500);
            }
        }
    }

    @Test
    void quietIsQuietAndASecondDemoOnThePortSaysSoInOneLine(@TempDir Path other) throws Exception {
        try (DemoProcess second = DemoProcess.start(demo.port(), other, "--quiet")) {
            assertThat(second.exitCode()).isNotZero();
            assertThat(second.stdout()).isEmpty();
            assertThat(second.stderr().lines().toList())
                    .singleElement()
                    .asString()
                    .contains("127.0.0.1:" + demo.port(), "--port");
            assertThat(second.leftovers()).isEmpty();
        }
    }

    private static int serverConnections(String database) throws Exception {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("select count(*) from pg_stat_activity where usename = current_user")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static boolean openFilesAllow(int wanted) throws Exception {
        String limit = demo.run("sh", "-c", "ulimit -n").strip();
        return limit.equals("unlimited") || Integer.parseInt(limit) >= wanted;
    }

    static Connection connect(String database) throws Exception {
        Map<String, String> env = demo.env();
        Properties properties = new Properties();
        properties.setProperty("user", env.getOrDefault("PGUSER", ""));
        properties.setProperty("password", env.getOrDefault("PGPASSWORD", ""));
        properties.setProperty("sslmode", env.getOrDefault("PGSSLMODE", ""));
        properties.setProperty("sslrootcert", env.getOrDefault("PGSSLROOTCERT", ""));
        return DriverManager.getConnection(
                "jdbc:postgresql://%s:%s/%s".formatted(env.get("PGHOST"), env.get("PGPORT"), database), properties);
    }
}

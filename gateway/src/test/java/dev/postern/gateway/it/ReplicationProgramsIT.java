package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.TemporaryFolders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** PostgreSQL's own programs and a subscription replicate through the gateway, from the version that Debian's programs are of. */
class ReplicationProgramsIT {
    private static final int MAJOR = 15;
    private static PostgresServer postgres;
    private GatewayFixture gateway;

    @BeforeAll
    static void startServer() {
        postgres = PostgresServers.ownOfVersion(MAJOR, "wal_level = logical");
        postgres.execute("postgres", "create role replicator login replication password 'replicator-secret'");
        postgres.execute(
                "orders",
                "create table published (i int primary key, t text)",
                "grant all on published to public",
                "insert into published select i, repeat('x', 500) from generate_series(1, 10000) as i",
                "create publication everything for table published");
    }

    @AfterAll
    static void stopServer() {
        postgres.close();
    }

    @BeforeEach
    void start() {
        gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(postgres, "orders", "orders")
                .withCredentials("{static: {user: replicator, password: replicator-secret}}")
                .withPool("{mode: transaction, defaultPoolSize: 4}")));
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    private String connection() {
        return "host=localhost port=" + gateway.tlsPort() + " user=app sslmode=verify-full sslrootcert="
                + Certificates.shared().caFile() + " options='-c postern.route=orders'";
    }

    private static Process run(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("PGPASSWORD", "app-secret");
        return builder.start();
    }

    private static void assumeProgram(String name) throws InterruptedException {
        boolean there;
        try {
            Process process = new ProcessBuilder(name, "--version").start();
            String version = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            there = process.waitFor() == 0 && version.contains(" " + MAJOR + ".");
        } catch (IOException e) {
            there = false;
        }
        assumeTrue(there, name + " " + MAJOR + " is not installed");
    }

    @Test
    void pgBasebackupTakesABackupWithItsWal() throws Exception {
        assumeProgram("pg_basebackup");
        Path backup = TemporaryFolders.create("basebackup").resolve("data");
        Process program = run(
                "pg_basebackup",
                "-d",
                connection(),
                "-D",
                backup.toString(),
                "-X",
                "stream",
                "--checkpoint=fast",
                "--no-sync");
        assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isZero();
        assertThat(backup.resolve("backup_manifest")).exists();
        assertThat(segments(backup.resolve("pg_wal"))).isNotEmpty();
    }

    @Test
    void pgReceivewalReceivesWholeSegments() throws Exception {
        assumeProgram("pg_receivewal");
        Path folder = TemporaryFolders.create("receivewal");
        Process program = run("pg_receivewal", "-d", connection(), "-D", folder.toString(), "--no-sync");
        try {
            Awaitility.await()
                    .until(() -> postgres.ask("postgres", "select count(*) from pg_stat_replication")
                            .equals("1"));
            postgres.execute(
                    "orders", "update published set t = 'again' where i = 1"); // at a boundary nothing is switched
            String segment = postgres.ask("postgres", "select pg_walfile_name(pg_current_wal_lsn())");
            postgres.execute("postgres", "select pg_switch_wal()");
            Awaitility.await().until(() -> segments(folder).contains(segment));
        } finally {
            program.destroy();
            assertThat(program.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static List<String> segments(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("[0-9A-F]{24}"))
                    .toList();
        }
    }

    @Test
    void aSubscriptionCopiesItsTableAndFollows() {
        PostgresServer subscriber = PostgresServers.own();
        try {
            subscriber.execute("orders", "create table published (i int primary key, t text)");
            subscriber.execute(
                    "orders",
                    "create subscription follower connection 'host=127.0.0.1 port=" + gateway.plainPort()
                            + " user=app password=app-secret dbname=orders' publication everything");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(subscriber.ask("orders", "select count(*) from published"))
                            .isEqualTo("10000"));
            postgres.execute("orders", "update published set t = 'changed' where i = 7");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(subscriber.ask("orders", "select t from published where i = 7"))
                            .isEqualTo("changed"));
            subscriber.execute("orders", "drop subscription follower");
            assertThat(postgres.ask("postgres", "select count(*) from pg_replication_slots"))
                    .isEqualTo("0");
        } finally {
            subscriber.close();
        }
    }
}

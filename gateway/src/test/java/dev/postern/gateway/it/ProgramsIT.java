package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.Names;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.TemporaryFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** PostgreSQL's own programs as processes, with libpq and sslmode=verify-full. */
@ExtendWith(CleanAfterEach.class)
class ProgramsIT {
    private static final Path FOLDER = TemporaryFolders.create("programs");

    @AfterEach
    void dropTables() {
        PostgresServers.shared()
                .execute(
                        "orders",
                        "drop table if exists pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers");
    }

    @EveryTarget
    void psqlRunsScriptsAndCopies(Target target) throws Exception {
        requireProgram("psql");
        String table = Names.unique("psql");
        Path rows = FOLDER.resolve("rows");
        Files.writeString(rows, "1\tone\n2\ttwo\n");
        Path script = FOLDER.resolve("script.sql");
        Files.writeString(script, """
                create table %1$s (n int, t text);
                \\copy %1$s from '%2$s'
                select count(*) from %1$s;
                begin; update %1$s set t = 'changed' where n = 1; rollback;
                \\copy (select * from %1$s order by n) to stdout
                \\d %1$s
                \\set FETCH_COUNT 1
                select n from %1$s order by n;
                drop table %1$s;
                """.formatted(table, rows));
        Result result = run(target.address(), "psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-f", script.toString());
        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output())
                .containsSubsequence(
                        "CREATE TABLE",
                        "COPY 2",
                        "2",
                        "ROLLBACK",
                        "1\tone",
                        "2\ttwo",
                        "n|integer",
                        "t|text",
                        "1",
                        "2",
                        "DROP TABLE");
    }

    @EveryTarget
    void psqlSaysWhyItIsRefused(Target target) throws Exception {
        requireProgram("psql");
        Result result = run(target.address().withPassword("wrong"), "psql", "-X", "-c", "select 1");
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.output()).contains("FATAL:  password authentication failed for user \"app\"");
    }

    @EveryTarget
    void pgbenchRunsInAllThreeQueryModes(Target target) throws Exception {
        requireProgram("pgbench");
        Result initialised = run(target.address(), "pgbench", "-i", "-q", "-s", "1");
        assertThat(initialised.status()).as(initialised.output()).isZero();
        for (String mode : List.of("simple", "extended", "prepared")) {
            Result selects =
                    run(target.address(), "pgbench", "-n", "-S", "-M", mode, "-c", "12", "-j", "2", "-t", "100");
            assertThat(selects.status()).as(selects.output()).isZero();
            assertThat(selects.output())
                    .contains("number of transactions actually processed: 1200/1200")
                    .contains("number of failed transactions: 0");
            Result updates = run(target.address(), "pgbench", "-n", "-M", mode, "-c", "6", "-j", "2", "-t", "20");
            assertThat(updates.status()).as(updates.output()).isZero();
            assertThat(updates.output()).contains("number of transactions actually processed: 120/120");
        }
        assertThat(PostgresServers.shared().ask("orders", "select count(*) from pgbench_history"))
                .isEqualTo("360");
    }

    @EveryTarget
    void pgbenchRunsAPipeline(Target target) throws Exception {
        requireProgram("pgbench");
        Path script = FOLDER.resolve("pipeline.sql");
        Files.writeString(script, """
                \\startpipeline
                select 1;
                select pg_backend_pid();
                select generate_series(1, 10);
                \\endpipeline
                """);
        Result result = run(
                target.address(), "pgbench", "-n", "-M", "prepared", "-f", script.toString(), "-c", "8", "-t", "50");
        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).contains("number of transactions actually processed: 400/400");
    }

    @EveryTarget
    void pgDumpDumpsADatabase(Target target) throws Exception {
        requireProgram("pg_dump");
        int program = majorVersion(output("pg_dump", "--version"));
        int server = Integer.parseInt(PostgresServers.shared().ask("orders", "show server_version_num")) / 10_000;
        assumeTrue(program >= server, "pg_dump " + program + " refuses to dump a server " + server);
        String table = Names.unique("dumped");
        Result created = run(
                target.address(), "psql", "-X", "-c", "create table " + table + " as select generate_series(1, 3) n");
        assertThat(created.status()).as(created.output()).isZero();
        Result result = run(target.address(), "pg_dump", "-t", table);
        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).contains("CREATE TABLE public." + table, "1\n2\n3\n\\.");
        PostgresServers.shared().execute("orders", "drop table " + table);
    }

    private static int majorVersion(String text) {
        return Integer.parseInt(text.replaceAll("(?s)\\D*(\\d+).*", "$1"));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        return run(Map.of(), List.of(command)).output();
    }

    private static void requireProgram(String name) {
        boolean found = List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
        assumeTrue(found, name + " is not installed (Debian: postgresql-client, postgresql-contrib)");
    }

    private static Result run(ServerAddress address, String... command) throws IOException, InterruptedException {
        return run(
                Map.of(
                        "PGHOST", "localhost",
                        "PGPORT", Integer.toString(address.port()),
                        "PGUSER", address.user(),
                        "PGPASSWORD", address.password(),
                        "PGDATABASE", address.database(),
                        "PGSSLMODE", "verify-full",
                        "PGSSLROOTCERT", Certificates.shared().caFile().toString()),
                List.of(command));
    }

    private static Result run(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(FOLDER, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command))
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command + " did not end: " + Files.readString(output));
        }
        return new Result(process.exitValue(), Files.readString(output));
    }

    private record Result(int status, String output) {}
}

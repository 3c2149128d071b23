package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.Tenant;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the console and signals do to {@code postern run}, and its unix socket. */
class ConsoleProcessIT {
    private final RouteYaml orders =
            RouteYaml.to(PostgresServers.shared(), "orders", "orders").withPool("{mode: transaction}");
    private final GatewayYaml yaml = GatewayYaml.of(
            orders,
            RouteYaml.to(PostgresServers.shared(), "billing", "billing")
                    .withPool("{mode: transaction, defaultPoolSize: 7}"));
    private final Path folder = TemporaryFolders.create("console-process");
    private final Path file = folder.resolve("postern.yaml");
    private RunningPostern postern;

    @BeforeEach
    void start() throws Exception {
        write("");
        postern = RunningPostern.start(
                UnixDomainSocketAddress.of(folder.resolve(".s.PGSQL.6432")), "run", "--config", file.toString());
    }

    @AfterEach
    void stop() {
        postern.close();
    }

    private void write(String more) throws Exception {
        // The listener belongs to the list, which stands before timeouts.
        String text = yaml.text()
                .replace(
                        "timeouts: {drainDelay: 0s}\n",
                        "  - {name: local, address: \"unix:" + folder + "/.s.PGSQL.6432\", tls: {mode: disable}}\n"
                                + "timeouts: {drainDelay: 0s}\n");
        Files.writeString(
                file,
                text + more
                        + "admin: {consoleUsers: [admin], clientAuth: {scram: {users: {admin: {password: console-secret}}}}}\n");
    }

    private WireClient connect(String user, String password, String database) {
        return WireClient.connect(new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), user, password, database));
    }

    private WireClient admin() {
        return connect("admin", "console-secret", "pgbouncer");
    }

    private WireClient client() {
        return connect("app", "app-secret", "orders");
    }

    private static String config(WireClient console, String key) {
        console.send(FrontendBytes.query("SHOW CONFIG"));
        return console.receiveUntilReady().stream()
                .filter(message ->
                        message.type() == 'D' && message.columns().getFirst().equals(key))
                .findFirst()
                .orElseThrow()
                .columns()
                .get(1);
    }

    private static String poolSize(WireClient console, String database) {
        console.send(FrontendBytes.query("SHOW DATABASES"));
        return console.receiveUntilReady().stream()
                .filter(message ->
                        message.type() == 'D' && message.columns().getFirst().equals(database))
                .findFirst()
                .orElseThrow()
                .columns()
                .get(5);
    }

    private static String error(WireClient console, String command) {
        console.send(FrontendBytes.query(command));
        WireMessage error = console.receiveUntilReady().getFirst();
        assertThat(error.type()).as(command).isEqualTo('E');
        return error.sqlState() + " " + error.fields().get('M');
    }

    @Test
    void setChangesWhatRoutesDoNotSayThemselvesUntilReload() throws Exception {
        try (WireClient console = admin()) {
            assertThat(console.query("SET default_pool_size = 33"))
                    .containsExactly("C(SET default_pool_size=33)", "Z(I)");
            assertThat(config(console, "default_pool_size")).isEqualTo("33");
            assertThat(poolSize(console, "orders")).isEqualTo("33");
            assertThat(poolSize(console, "billing")).isEqualTo("7");
            assertThat(console.query("SET query_wait_timeout TO '7.5'"))
                    .containsExactly("C(SET query_wait_timeout=7.5)", "Z(I)");
            assertThat(config(console, "query_wait_timeout")).isEqualTo("7.5");
            assertThat(config(console, "default_pool_size")).isEqualTo("33");
            assertThat(error(console, "SET default_pool_size = many"))
                    .startsWith("08P01 SET failed: default_pool_size");
            assertThat(error(console, "SET default_pool_size = 0")).startsWith("08P01 SET failed");
            assertThat(error(console, "SET no_such_key = 1"))
                    .isEqualTo("08P01 SET failed: there is no key no_such_key");
            assertThat(config(console, "default_pool_size")).isEqualTo("33");
            assertThat(console.query("RELOAD")).containsExactly("C(RELOAD)", "Z(I)");
            assertThat(config(console, "default_pool_size")).isEqualTo("20");
        }
    }

    @Test
    void reloadReadsTheFileAndSaysWhenItIsWrong() throws Exception {
        try (WireClient console = admin()) {
            write("pool: {defaultPoolSize: 5}\n");
            assertThat(console.query("RELOAD")).containsExactly("C(RELOAD)", "Z(I)");
            assertThat(poolSize(console, "orders")).isEqualTo("5");
            write("pool: {defaultPoolSice: 6}\n");
            assertThat(error(console, "RELOAD")).isEqualTo("F0000 RELOAD failed, see logs for additional details");
            assertThat(poolSize(console, "orders")).isEqualTo("5");
        }
    }

    @Test
    void signalsPauseAndResume() throws Exception {
        try (WireClient console = admin();
                WireClient client = client()) {
            client.query("select 1");
            postern.signal("USR1");
            Awaitility.await().until(() -> console.query("SHOW STATE").contains("D(paused,yes)"));
            client.send(FrontendBytes.query("select 'held' as n"));
            assertThat(client.receiveWithin(Duration.ofMillis(200))).isEmpty();
            postern.signal("USR2");
            assertThat(client.answers()).contains("D(held)");
            assertThat(console.query("SHOW STATE")).contains("D(active,yes)");
        }
    }

    @Test
    void shutdownEndsAtOnce() throws Exception {
        try (WireClient console = admin();
                WireClient client = client()) {
            client.query("begin");
            console.send(FrontendBytes.query("SHUTDOWN"));
            assertThat(console.receiveUntilClosed()).isEmpty();
            assertThat(postern.awaitEnd()).isZero();
            assertThat(folder.resolve(".s.PGSQL.6432")).doesNotExist();
        }
    }

    @Test
    void shutdownWaitForServersLetsTransactionsEnd() throws Exception {
        try (WireClient console = admin();
                WireClient idle = client();
                WireClient busy = client()) {
            busy.query("begin");
            assertThat(console.query("SHUTDOWN WAIT_FOR_SERVERS")).containsExactly("C(SHUTDOWN)", "Z(I)");
            assertThat(idle.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(error(console, "RESUME")).isEqualTo("08P01 pooler is shutting down");
            busy.send(FrontendBytes.query("commit"));
            assertThat(busy.receiveUntilClosed()).map(WireMessage::toString).startsWith("C(COMMIT)");
            assertThat(postern.awaitEnd()).isZero();
        }
    }

    @Test
    void shutdownWaitForClientsLetsThemGoOn() throws Exception {
        try (WireClient console = admin()) {
            WireClient client = client();
            assertThat(console.query("SHUTDOWN WAIT_FOR_CLIENTS")).containsExactly("C(SHUTDOWN)", "Z(I)");
            assertThat(client.ask("select 1")).isEqualTo("1");
            assertThat(client.ask("select 2")).isEqualTo("2");
            assertThat(psql("-c", "SHOW VERSION")).as("the unix socket stays").contains("PgBouncer 1.25.2");
            client.close();
            assertThat(postern.awaitEnd()).isZero();
        }
    }

    @Test
    void interruptWaitsForTransactionsAndASecondOneDoesNot() throws Exception {
        try (WireClient busy = client()) {
            busy.query("begin");
            postern.signal("INT");
            assertThat(busy.query("select 1")).endsWith("Z(T)");
            postern.signal("INT");
            assertThat(postern.awaitEnd()).isEqualTo(143);
        }
    }

    @Test
    void theOwnerIsAdminOnTheUnixSocketWithoutAPassword() throws Exception {
        assertThat(psql("-c", "SHOW VERSION", "-c", "PAUSE orders", "-c", "RESUME orders"))
                .contains("PgBouncer 1.25.2", "PAUSE", "RESUME");
        // Over TCP the name alone is worth nothing.
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> connect("pgbouncer", "guess", "pgbouncer"))
                .isInstanceOf(WireClient.LoginRefused.class)
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void clientsAreServedOnTheUnixSocket() throws Exception {
        assertThat(psql(
                        Map.of("PGUSER", "app", "PGPASSWORD", "app-secret", "PGDATABASE", "orders"),
                        "-c",
                        "select 40+2"))
                .contains("42");
    }

    private String psql(String... arguments) throws Exception {
        return psql(Map.of("PGUSER", "pgbouncer", "PGDATABASE", "pgbouncer"), arguments);
    }

    private String psql(Map<String, String> environment, String... arguments) throws Exception {
        assumeTrue(
                List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(path -> Files.isExecutable(Path.of(path, "psql"))),
                "psql is not installed");
        ProcessBuilder builder = new ProcessBuilder(
                        "psql", "-w", "-X", "-A", "-t", "-h", folder.toString(), "-p", "6432")
                .redirectErrorStream(true);
        builder.command().addAll(List.of(arguments));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void noValueReadsTheEnvironment() {
        try (WireClient console = admin()) {
            console.query("SET server_check_query = 'select ${PATH}'");
            assertThat(config(console, "server_check_query")).isEqualTo("select ${PATH}");
            console.query("SET stats_users = '${PATH}'");
            assertThat(config(console, "stats_users")).isEqualTo("${PATH}");
        }
    }

    private long refusals() {
        return postern.log()
                .lines()
                .filter(line -> line.contains("reload_refused"))
                .count();
    }

    @Test
    void aFileThatCannotBeAppliedChangesNothing() throws Exception {
        String good = Files.readString(file);
        List<String> bad = List.of(
                good.replace(
                        "clientAuth: {scram: {users: {admin: {password: console-secret}}}}",
                        "clientAuth: {authQuery: {use: nowhere}}"),
                good.replace(
                        "clientAuth: {scram: {users: {app: {password: app-secret}}}}",
                        "clientAuth: {cert: {map: [{identity: '/^(?:a)$', role: '\\1'}]}}"));
        for (String text : bad) {
            assertThat(text).isNotEqualTo(good);
            long refusals = refusals();
            Files.writeString(file, text);
            Awaitility.await("the changed file is refused").until(() -> refusals() > refusals);
            try (WireClient client = client()) {
                assertThat(client.ask("select 1")).as(postern.log()).isEqualTo("1");
            }
        }
    }

    @Test
    void theConsoleUsesALookUpThatIsNewWithTheReload() throws Exception {
        String lookUp =
                "authQueries: {users: {backend: {hosts: [\"localhost:%d\"]}, query: \"%s\", database: orders, credentials: {static: {user: %s, password: %s}}}}\n"
                        .formatted(
                                PostgresServers.shared().port(),
                                "SELECT 'nobody', $1",
                                Tenant.backendRole("orders"),
                                Tenant.backendPassword("orders"));
        String good = Files.readString(file);
        try (WireClient console = admin()) {
            Files.writeString(
                    file,
                    good.replace(
                                    "clientAuth: {scram: {users: {admin: {password: console-secret}}}}",
                                    "clientAuth: {authQuery: {use: users}}")
                            + lookUp);
            assertThat(console.query("RELOAD")).containsExactly("C(RELOAD)", "Z(I)");
        }
    }
}

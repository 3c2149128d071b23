package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.Tenant;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.pgbouncer.Conversion;
import dev.postern.gateway.pgbouncer.IniConverter;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An ini file of PgBouncer's, as people have them: converted, and run as it is. */
class PgBouncerIniIT {
    private final int port = FreePorts.one();
    private final Path folder = TemporaryFolders.create("pgbouncer-ini");
    private final Path ini = folder.resolve("pgbouncer.ini");

    private void write() throws Exception {
        Certificates.KeyPairFiles certificate = Certificates.shared().issueForLocalhost("pgbouncer");
        Files.writeString(folder.resolve("userlist.txt"), """
                ; users
                "app" "app-secret"
                "admin" "console-secret"
                "keys" "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
                """);
        Files.writeString(folder.resolve("more.ini"), """
                [pgbouncer]
                default_pool_size = 4
                server_idle_timeout = 90.5
                """);
        Files.writeString(ini, """
                ;; a comment
                [databases]
                orders = host=localhost port=%1$d user=%2$s password='%3$s' pool_size=3 connect_query='select ''x'''
                "odd name" = host=127.0.0.1,127.0.0.2 port=%1$d dbname=orders user=%2$s password=%3$s pool_mode=statement
                * = host=localhost port=%1$d
                broken = host

                [users]
                app = pool_mode=session

                [peers]
                1 = host=/tmp/peer

                %%include %6$s/more.ini

                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %4$d
                unix_socket_dir = %6$s
                auth_type = md5
                auth_file = %6$s/userlist.txt
                admin_users = admin, pgbouncer
                pool_mode = transaction
                max_client_conn = 50
                client_tls_sslmode = require
                client_tls_cert_file = %5$s
                client_tls_key_file = %7$s
                server_tls_sslmode = prefer
                ignore_startup_parameters = extra_float_digits
                pidfile = /tmp/pid
                server_round_robin = 1
                no_such_key = 1
                nonsense
                """.formatted(
                        PostgresServers.shared().port(),
                        Tenant.backendRole("orders"),
                        Tenant.backendPassword("orders"),
                        port,
                        certificate.certificate(),
                        folder,
                        certificate.key()));
    }

    @Test
    void everyLineIsHonouredOrNamed() throws Exception {
        write();
        Conversion conversion = IniConverter.convert(ini);
        assertThat(conversion.notes().stream().map(Object::toString).toList())
                .anyMatch(note -> note.startsWith(ini + ":4: ") && note.contains("pool_mode statement"))
                .anyMatch(note -> note.startsWith(ini + ":5: ") && note.contains("own role"))
                .anyMatch(note -> note.startsWith(ini + ":6: ") && note.contains("left out"))
                .anyMatch(note -> note.startsWith(ini + ":12: ") && note.contains("[peers]"))
                .anyMatch(note -> note.contains("ignore_startup_parameters"))
                .anyMatch(note -> note.contains("pidfile"))
                .anyMatch(note -> note.contains("no_such_key has no equivalent"))
                .anyMatch(note -> note.contains("neither [section] nor key = value"));
        ConfigResult result = new ConfigLoader(Map.of()).parse(conversion.commented(), ini.toString());
        assertThat(result)
                .as(() -> result instanceof ConfigResult.Rejected rejected
                        ? rejected.render() + conversion.yaml()
                        : "loaded")
                .isInstanceOf(ConfigResult.Loaded.class);
        var config = ((ConfigResult.Loaded) result).config();
        assertThat(config.pool().defaultPoolSize()).isEqualTo(4);
        assertThat(config.pool().serverIdleTimeout()).hasMillis(90_500);
        assertThat(config.limits().maxClientConn()).isEqualTo(50);
        assertThat(config.pool().serverRoundRobin()).isTrue();
        assertThat(config.users()).containsOnlyKeys("app");
        assertThat(config.routes().getFirst().backend().connectQuery()).contains("select 'x'");
        assertThat(config.routes()).extracting(route -> route.name()).containsExactly("orders", "odd name", "any");
        assertThat(config.routes().getFirst().pool().defaultPoolSize()).isEqualTo(3);
        assertThat(config.routes().get(1).backend().hosts()).hasSize(2);
        assertThat(config.admin().consoleUsers()).containsExactly("admin", "pgbouncer");
    }

    @Test
    void runsAsItIs() throws Exception {
        write();
        try (RunningPostern postern = RunningPostern.start(
                UnixDomainSocketAddress.of(folder.resolve(".s.PGSQL." + port)),
                "run",
                "--pgbouncer-ini",
                ini.toString())) {
            Optional<javax.net.ssl.SSLContext> tls =
                    Optional.of(Certificates.shared().clientContext());
            try (WireClient client = WireClient.connect(new ServerAddress(port, tls, "app", "app-secret", "orders"));
                    WireClient odd = WireClient.connect(new ServerAddress(port, tls, "app", "app-secret", "odd name"));
                    WireClient console =
                            WireClient.connect(new ServerAddress(port, tls, "admin", "console-secret", "pgbouncer"))) {
                assertThat(client.ask("select session_user")).isEqualTo(Tenant.backendRole("orders"));
                assertThat(odd.ask("select current_database()")).isEqualTo("orders");
                assertThat(console.query("SHOW CONFIG")).contains("D(max_client_conn,50,10000,yes)");
                assertThat(console.query("SET default_pool_size = 6"))
                        .containsExactly("C(SET default_pool_size=6)", "Z(I)");
                assertThat(console.query("SHOW CONFIG")).contains("D(default_pool_size,6,20,yes)");
                Files.writeString(ini, Files.readString(ini).replace("max_client_conn = 50", "max_client_conn = 60"));
                assertThat(console.query("RELOAD")).containsExactly("C(RELOAD)", "Z(I)");
                assertThat(console.query("SHOW CONFIG"))
                        .contains("D(max_client_conn,60,10000,yes)", "D(default_pool_size,4,20,yes)");
            }
        }
    }

    @Test
    void takesDatabasesOfTheEnvironmentAsContainersDo() throws Exception {
        write();
        String dsn = "host=localhost port=%d dbname=orders user=%s password=%s"
                .formatted(
                        PostgresServers.shared().port(),
                        Tenant.backendRole("orders"),
                        Tenant.backendPassword("orders"));
        try (RunningPostern postern = RunningPostern.start(
                UnixDomainSocketAddress.of(folder.resolve(".s.PGSQL." + port)),
                Map.of("PGBOUNCER_DSN_0", "shop=" + dsn, "PGBOUNCER_DSN_1", "stock = " + dsn + " pool_mode=session"),
                "run",
                "--pgbouncer-ini",
                ini.toString())) {
            Optional<javax.net.ssl.SSLContext> tls =
                    Optional.of(Certificates.shared().clientContext());
            for (String database : List.of("shop", "stock", "orders")) {
                try (WireClient client =
                        WireClient.connect(new ServerAddress(port, tls, "app", "app-secret", database))) {
                    assertThat(client.ask("select session_user")).isEqualTo(Tenant.backendRole("orders"));
                }
            }
            assertThat(postern.log()).doesNotContain(Tenant.backendPassword("orders"));
        }
    }

    @Test
    void noNoteQuotesAPassword() throws Exception {
        Files.writeString(ini, """
                [databases]
                one = localhost password=top-secret
                two = host=localhost user=app password=top secret
                three = host=localhost user=app password='top-secret
                """);
        assertThat(IniConverter.convert(ini).notes().toString())
                .contains("one:", "two:", "three:")
                .doesNotContain("secret");
    }

    @Test
    void clientCertificatesThatWereVerifiedStillAre() throws Exception {
        write();
        Files.writeString(
                ini, Files.readString(ini).replace("client_tls_sslmode = require", "client_tls_sslmode = verify-full"));
        Conversion conversion = IniConverter.convert(ini);
        assertThat(new ConfigLoader(Map.of()).parse(conversion.yaml(), ini.toString()))
                .as("no CA file says whose certificates are good")
                .isInstanceOf(ConfigResult.Rejected.class);
    }

    @Test
    void trustIsForTheUsersOfTheListAlone() throws Exception {
        write();
        Files.writeString(ini, Files.readString(ini).replace("auth_type = md5", "auth_type = trust"));
        ConfigResult result =
                new ConfigLoader(Map.of()).parse(IniConverter.convert(ini).yaml(), ini.toString());
        assertThat(((ConfigResult.Loaded) result).config().routes())
                .isNotEmpty()
                .allSatisfy(route ->
                        assertThat(route.access().allowUsers()).containsExactlyInAnyOrder("app", "admin", "keys"));
    }
}

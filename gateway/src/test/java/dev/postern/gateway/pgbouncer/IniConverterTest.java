package dev.postern.gateway.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.config.BackendConfig;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.LoadBalanceHosts;
import dev.postern.gateway.config.PoolMode;
import dev.postern.gateway.config.TargetSessionAttrs;
import dev.postern.gateway.config.UserConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every key of PgBouncer's is honoured, or named in one line with its place; what comes out can be run. */
class IniConverterTest {
    private static final String VERIFIER = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$"
            + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    @TempDir
    private Path folder = Path.of("");

    private Path ini = Path.of("");

    @BeforeEach
    void write() throws IOException {
        ini = folder.resolve("pgbouncer.ini");
        for (String file : List.of("key.pem", "cert.pem", "ca.pem")) {
            Files.writeString(folder.resolve(file), "not looked into by the configuration\n");
        }
        Files.writeString(folder.resolve("hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
        Files.writeString(folder.resolve("ident.conf"), "map system database\n");
        Files.writeString(folder.resolve("userlist.txt"), """
                "looker" "secret"
                "ann" "%s"
                "admin" "console"
                """.formatted(VERIFIER));
    }

    private String everyKey() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                getClass().getResourceAsStream("/dev/postern/gateway/pgbouncer/every-key.ini"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("FOLDER", folder.toString());
        }
    }

    private Conversion convert(String text) throws IOException {
        Files.writeString(ini, text);
        return IniConverter.convert(ini);
    }

    private static GatewayConfig checked(Conversion conversion) {
        ConfigResult result = new ConfigLoader(Map.of()).parse(conversion.commented(), "converted.yaml");
        assertThat(result)
                .as(() -> result instanceof ConfigResult.Rejected rejected
                        ? rejected.render() + conversion.yaml()
                        : "loaded")
                .isInstanceOf(ConfigResult.Loaded.class);
        return ((ConfigResult.Loaded) result).config();
    }

    private static UserConfig user(GatewayConfig config, String name) {
        return Objects.requireNonNull(config.users().get(name));
    }

    /** What a key becomes where it is no key of ours by itself. */
    private static final Map<String, String> HONOURED = Map.ofEntries(
            Map.entry("listen_addr", "127.0.0.1:6543"),
            Map.entry("listen_port", ":6543"),
            Map.entry("unix_socket_dir", "/.s.PGSQL.6543"),
            Map.entry("auth_type", "authQuery"),
            Map.entry("auth_file", "userlist.txt"),
            Map.entry("auth_user", "user: \"looker\""),
            Map.entry("auth_query", "FROM pg_shadow"),
            Map.entry("auth_dbname", "database: \"users\""),
            Map.entry("client_tls_sslmode", "mode: require"),
            Map.entry("client_tls_cert_file", "certFile: "),
            Map.entry("client_tls_key_file", "keyFile: "),
            Map.entry("client_tls_ca_file", "clientCaFile: "),
            Map.entry("unix_socket_group", "socketGroup: \"postgres\""),
            Map.entry("unix_socket_mode", "socketMode: \"0700\""),
            Map.entry("client_tls_protocols", "minProtocol: TLSv1.3"),
            Map.entry("client_tls_ecdhcurve", "groups: [P-256]"),
            Map.entry("server_tls_sslmode", "mode: verify-full"),
            Map.entry("server_tls_ca_file", "caFile: "),
            Map.entry("server_tls_cert_file", "certFile: "),
            Map.entry("server_tls_key_file", "keyFile: "),
            Map.entry("dns_max_ttl", "dnsTtl: 20s"));

    @Test
    void everyKeyIsHonouredOrNamedWithItsPlace() throws IOException {
        Conversion conversion = convert(everyKey());
        List<String> lost = new ArrayList<>();
        for (IniFile.Entry entry : IniFile.read(ini, Map.of()).entries()) {
            boolean named =
                    conversion.notes().stream().anyMatch(note -> note.place().equals(entry.place()));
            Optional<PgBouncerKey> ours = PgBouncerKey.find(entry.key());
            boolean honoured = entry.section().equals("databases")
                    || entry.section().equals("users") && conversion.yaml().contains(entry.key() + "\": {")
                    || ours.isPresent()
                            && conversion.yaml().contains(ours.get().path().split("\\.")[1] + ": ")
                    || HONOURED.containsKey(entry.key()) && conversion.yaml().contains(HONOURED.get(entry.key()));
            if (!named && !honoured) {
                lost.add(entry.key());
            }
        }
        assertThat(lost).containsExactlyInAnyOrder("auth_hba_file", "auth_ident_file"); // auth_type is not hba
        assertThat(conversion.notes()).noneMatch(note -> note.text().contains("no equivalent"));
    }

    @Test
    void whatComesOutSaysTheSame() throws IOException {
        GatewayConfig config = checked(convert(everyKey()));

        assertThat(config.limits().maxClientConn()).isEqualTo(123);
        assertThat(config.limits().maxDbClientConnections()).isEqualTo(60);
        assertThat(config.limits().maxUserClientConnections()).isEqualTo(80);
        assertThat(config.pool().serverRoundRobin()).isTrue();
        assertThat(config.pool().autodbIdleTimeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.network().tcpKeepidle()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.network().tcpUserTimeout()).isEqualTo(Duration.ofMillis(1500));
        assertThat(user(config, "worker").poolSize()).contains(5);
        assertThat(user(config, "worker").poolMode()).contains(PoolMode.TRANSACTION);
        assertThat(user(config, "ann").queryTimeout()).contains(Duration.ofMillis(1500));
        assertThat(user(config, "ann").maxUserClientConnections()).contains(8);
        assertThat(config.routes()).extracting(route -> route.name()).containsExactly("everything", "balanced", "own");
        var everything = config.routes().getFirst();
        assertThat(everything.pool().mode()).isEqualTo(PoolMode.SESSION);
        assertThat(everything.pool().defaultPoolSize()).isEqualTo(3);
        assertThat(everything.pool().minPoolSize()).isEqualTo(1);
        assertThat(everything.pool().reservePoolSize()).isEqualTo(2);
        assertThat(everything.pool().queryWaitTimeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(everything.pool().serverLifetime()).isEqualTo(Duration.ofMinutes(1));
        assertThat(everything.pool().maxDbConnections()).isEqualTo(9);
        assertThat(everything.limits().maxDbClientConnections()).isEqualTo(11);
        BackendConfig backend = everything.backend();
        assertThat(backend.hosts()).extracting(Object::toString).containsExactly("pg-a:5433", "pg-b:5433");
        assertThat(backend.database()).contains("real");
        assertThat(backend.connectQuery()).contains("select 'x'");
        assertThat(backend.targetSessionAttrs()).isEqualTo(TargetSessionAttrs.READ_WRITE);
        assertThat(backend.loadBalanceHosts()).isEqualTo(LoadBalanceHosts.DISABLE);
        assertThat(backend.parameters())
                .containsOnlyKeys("client_encoding", "datestyle", "timezone", "application_name");
        assertThat(config.routes().get(1).backend().loadBalanceHosts()).isEqualTo(LoadBalanceHosts.ROUND_ROBIN);
        assertThat(config.routes().get(1).pool().reservePoolSize()).isEqualTo(4);
    }

    @Test
    void authTypeHbaTakesItsFiles() throws IOException {
        String text = everyKey().replace("auth_type = scram-sha-256", "auth_type = hba");
        GatewayConfig config = checked(convert(text));
        assertThat(config.routes().getLast().clientAuth()).isInstanceOfSatisfying(ClientAuthConfig.Hba.class, hba -> {
            assertThat(hba.file()).isEqualTo(folder.resolve("hba.conf"));
            assertThat(hba.identFile()).contains(folder.resolve("ident.conf"));
            assertThat(hba.authQuery()).isPresent();
        });
        // Without a look-up nothing leaves the keys that the client's own role needs.
        Conversion without = convert(text.replaceAll("(?m)^auth_user.*$", ""));
        assertThat(checked(without).routes())
                .extracting(route -> route.name())
                .containsExactly("everything", "balanced");
        assertThat(without.notes())
                .anyMatch(note -> note.text().startsWith("[databases] own: auth_type hba leaves no keys"));
    }

    /** Whatever people have in their files: something comes out that can be run, or it is said why a database is not there. */
    @Test
    void oddFilesConvertToSomethingThatPassesTheCheck() throws IOException {
        String head = "[databases]\nforced = host=pg user=u password=p\nown = host=pg\n[pgbouncer]\nlisten_addr = *\n";
        for (String type : List.of("trust", "any", "plain", "md5", "scram-sha-256", "cert", "hba", "pam", "ldap")) {
            for (String users : List.of(
                    "",
                    "auth_file = /no/such/file\n",
                    "auth_file = " + folder.resolve("userlist.txt") + "\n",
                    "auth_user = looker\n",
                    "auth_user = looker\nauth_file = " + folder.resolve("userlist.txt") + "\nauth_hba_file = "
                            + folder.resolve("hba.conf") + "\n")) {
                Conversion conversion =
                        convert(head + "auth_type = " + type + "\nadmin_users = admin\nunix_socket_dir = \n" + users);
                ConfigResult result = new ConfigLoader(Map.of()).parse(conversion.yaml(), "converted.yaml");
                if (result instanceof ConfigResult.Rejected rejected) {
                    // No database is left, and each was named; or a certificate is needed that the file does not have.
                    assertThat(rejected.problems())
                            .as(type + " " + users + conversion.yaml())
                            .allMatch(problem -> problem.path().equals("routes") || type.equals("cert"));
                    assertThat(conversion.notes()).anyMatch(note -> note.text().contains("[databases] forced"));
                }
            }
        }
    }

    @Test
    void valuesThatAreWrongAreNamedAndLeftOut() throws IOException {
        Conversion conversion = convert("""
                [databases]
                db = host=pg user=u password=p pool_size=many load_balance_hosts=sometimes max_db_client_connections=x target_session_attrs=best
                [users]
                u = pool_size=0 query_timeout=soon color=red pool_mode=statement
                broken
                [pgbouncer]
                listen_addr = 127.0.0.1
                auth_type = any
                server_round_robin = maybe
                tcp_user_timeout = long
                server_check_query =
                """);
        GatewayConfig config = checked(conversion);
        assertThat(user(config, "u").poolMode()).contains(PoolMode.TRANSACTION);
        assertThat(user(config, "u").poolSize()).isEmpty();
        for (String said : List.of(
                "pool_size has no equivalent, or not this value",
                "load_balance_hosts sometimes",
                "max_db_client_connections x",
                "target_session_attrs best",
                "pool_size = 0: expected a whole number from 1",
                "query_timeout = soon",
                "color = red: there is no such key",
                "pool_mode statement is not there",
                "is neither [section] nor key = value",
                "server_round_robin = maybe: expected 0 or 1",
                "tcp_user_timeout = long",
                "server_check_query: an empty one")) {
            assertThat(conversion.notes())
                    .as(said)
                    .anyMatch(note -> note.toString().contains(said));
        }
    }

    /** Nothing is less encrypted or verified than the file says: it does not pass the check. */
    @Test
    void tlsThatCannotBeHadIsRefused() throws IOException {
        for (String line : List.of(
                "client_tls_sslmode = sometimes",
                "client_tls_sslmode = require",
                "client_tls_sslmode = verify-full\nclient_tls_cert_file = " + folder.resolve("cert.pem")
                        + "\nclient_tls_key_file = " + folder.resolve("key.pem"),
                "server_tls_sslmode = verify-full",
                "server_tls_sslmode = always")) {
            Conversion conversion = convert("[databases]\ndb = host=pg user=u password=p\n[pgbouncer]\n"
                    + "listen_addr = 127.0.0.1\nauth_type = any\n" + line + "\n");
            assertThat(new ConfigLoader(Map.of()).parse(conversion.yaml(), "converted.yaml"))
                    .as(line)
                    .isInstanceOf(ConfigResult.Rejected.class);
        }
    }

    /** As there, a minimum is capped by the size of the pool. */
    @Test
    void capsTheMinimumOfAPool() throws IOException {
        GatewayConfig config = checked(convert("""
                [databases]
                small = host=pg user=u password=p pool_size=3
                odd = host=pg user=u password=p pool_size=2 min_pool_size=9 reserve_pool=1 reserve_pool_size=2
                usual = host=pg user=u password=p
                [pgbouncer]
                listen_addr = 127.0.0.1
                auth_type = any
                default_pool_size = 5
                min_pool_size = 8
                """));
        assertThat(config.pool().minPoolSize()).isEqualTo(5);
        assertThat(config.routes().get(0).pool().minPoolSize()).isEqualTo(3);
        assertThat(config.routes().get(1).pool().minPoolSize()).isEqualTo(2);
        assertThat(config.routes().get(2).pool().minPoolSize()).isEqualTo(5);
    }

    @Test
    void theDocumentMapsEveryKeyAndEveryCommand() throws IOException {
        String page = Files.readString(Path.of("../docs/pgbouncer.md"));
        convert(everyKey());
        TreeSet<String> missing = new TreeSet<>();
        for (IniFile.Entry entry : IniFile.read(ini, Map.of()).entries()) {
            List<String> keys = entry.section().equals("pgbouncer")
                    ? List.of(entry.key())
                    : List.copyOf(ConnectionString.parse(entry.value()).keySet());
            for (String key : keys) {
                if (!page.contains("| `" + key + "`")
                        && !page.contains("`" + key + "`,")
                        && !page.contains(", `" + key + "`")) {
                    missing.add(entry.section() + " " + key);
                }
            }
        }
        for (String command : List.of(
                "PAUSE",
                "RESUME",
                "DISABLE",
                "ENABLE",
                "RECONNECT",
                "WAIT_CLOSE",
                "KILL",
                "KILL_CLIENT",
                "SUSPEND",
                "RELOAD",
                "SET",
                "SHUTDOWN",
                "SHUTDOWN WAIT_FOR_SERVERS",
                "SHUTDOWN WAIT_FOR_CLIENTS")) {
            if (!page.contains("`" + command)) {
                missing.add(command);
            }
        }
        for (String table : List.of(
                "STATS",
                "STATS_TOTALS",
                "STATS_AVERAGES",
                "TOTALS",
                "SERVERS",
                "CLIENTS",
                "POOLS",
                "PEER_POOLS",
                "LISTS",
                "USERS",
                "DATABASES",
                "PEERS",
                "FDS",
                "SOCKETS",
                "ACTIVE_SOCKETS",
                "CONFIG",
                "MEM",
                "DNS_HOSTS",
                "DNS_ZONES",
                "VERSION",
                "STATE",
                "HELP")) {
            if (!page.contains("`" + table + "`")) {
                missing.add("SHOW " + table);
            }
        }
        assertThat(missing).isEmpty();
        for (PgBouncerKey key : PgBouncerKey.values()) {
            assertThat(page).contains("| `" + key.key() + "` | `" + key.path() + "`");
        }
    }
}

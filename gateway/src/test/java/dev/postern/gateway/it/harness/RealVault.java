package dev.postern.gateway.it.harness;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A process of Vault or OpenBao on a port of 127.0.0.1, whose binary the environment variable {@code VAULT_BIN} names. Its
 * storage is a folder, so that it can be killed and come back. What was asked of it is read in its audit log.
 */
final class RealVault implements AnyVault {
    private static final String ROOT_DISPLAY_NAME = "\"display_name\":\"root\"";

    private final PostgresServer postgres;
    private final int port = FreePorts.one();
    private final Path folder = TemporaryFolders.create("real-vault");
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Map<String, String> databaseOf = new HashMap<>();
    private final Set<String> configured = new HashSet<>();
    private final String rootToken;
    private final String unsealKey;
    private Process process;

    RealVault(PostgresServer postgres) {
        this.postgres = postgres;
        try {
            Files.writeString(folder.resolve("config.hcl"), """
                    disable_mlock = true
                    api_addr = "%1$s"
                    storage "file" {
                      path = "%2$s/data"
                    }
                    listener "tcp" {
                      address = "127.0.0.1:%3$d"
                      tls_disable = true
                    }
                    audit "file" "requests" {
                      options {
                        file_path = "%2$s/audit.log"
                      }
                    }
                    """.formatted(address(), folder, port));
            process = launch();
            awaitAnswer("sys/seal-status");
            JsonObject made = call("", "PUT", "sys/init", Map.of("secret_shares", 1, "secret_threshold", 1));
            rootToken = made.text("root_token");
            unsealKey = made.texts("keys").getFirst();
            unseal();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // OpenBao reads the audit device from its file, Vault wants to be told.
        send(
                rootToken,
                "PUT",
                "sys/audit/requests",
                Map.of(
                        "type",
                        "file",
                        "options",
                        Map.of("file_path", folder.resolve("audit.log").toString())));
        for (String[] mount : new String[][] {{"auth/approle", "approle"}, {"mounts/database", "database"}}) {
            call("sys/" + mount[0], Map.of("type", mount[1]));
        }
        call("sys/mounts/secret", Map.of("type", "kv", "options", Map.of("version", "2")));
        call("sys/mounts/kv", Map.of("type", "kv", "options", Map.of("version", "1")));
        for (String database : Tenant.DATABASES) {
            postgres.execute(
                    database,
                    "create schema if not exists vault_made",
                    "create table " + table() + " (made_by text, name text, at timestamptz default now())");
        }
    }

    /** One for each process, as several may stand beside each other. */
    private String table() {
        return "vault_made.roles_" + port;
    }

    private Process launch() throws IOException {
        return new ProcessBuilder(System.getenv("VAULT_BIN"), "server", "-config=" + folder.resolve("config.hcl"))
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
    }

    @Override
    public URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    // Asking.

    private HttpResponse<byte[]> send(String token, String method, String path, Map<String, ?> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address().resolve("/v1/" + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        HttpRequest.BodyPublishers.ofByteArray(body.isEmpty() ? new byte[0] : Json.write(body)));
        if (!token.isEmpty()) {
            request.header("X-Vault-Token", token);
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonObject call(String token, String method, String path, Map<String, ?> body) {
        HttpResponse<byte[]> response = send(token, method, path, body);
        try {
            JsonObject answer = response.body().length == 0 ? JsonObject.EMPTY : Json.parse(response.body());
            if (response.statusCode() >= 300) {
                throw new IllegalStateException(path + ": " + response.statusCode() + " " + answer.texts("errors"));
            }
            return answer;
        } catch (Json.MalformedJson e) {
            throw new IllegalStateException(path, e);
        }
    }

    private void call(String path, Map<String, ?> body) {
        call(rootToken, "PUT", path, body);
    }

    private void awaitAnswer(String path) {
        Awaitility.await("the process answers, see " + folder.resolve("log"))
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> send("", "GET", path, Map.of()).statusCode() < 500);
    }

    // The world.

    @Override
    public void putAppRole(
            String name, String roleId, String secretId, Duration tokenTtl, Duration tokenMaxTtl, String... paths) {
        putAppRoleIn("", name, roleId, secretId, tokenTtl, tokenMaxTtl, paths);
    }

    private void putAppRoleIn(
            String prefix,
            String name,
            String roleId,
            String secretId,
            Duration tokenTtl,
            Duration tokenMaxTtl,
            String... paths) {
        StringBuilder policy = new StringBuilder();
        for (String path : paths) {
            policy.append("path \"").append(path).append("\" { capabilities = [\"read\", \"update\"] }\n");
        }
        call(prefix + "sys/policies/acl/" + name, Map.of("policy", policy.toString()));
        String role = prefix + "auth/approle/role/" + name;
        call(
                role,
                Map.of(
                        "token_policies", name,
                        "token_ttl", tokenTtl.toSeconds() + "s",
                        "token_max_ttl", tokenMaxTtl.toSeconds() + "s"));
        call(role + "/role-id", Map.of("role_id", roleId));
        call(role + "/custom-secret-id", Map.of("secret_id", secretId));
    }

    @Override
    public void putRole(
            String name,
            String database,
            String admin,
            String adminPassword,
            List<String> creation,
            List<String> revocation,
            Duration ttl,
            Duration maxTtl) {
        List<String> statements = new ArrayList<>(creation);
        if (adminPassword.isEmpty()) {
            statements.add("INSERT INTO " + table() + " VALUES ('" + name + "', '{{name}}')");
        }
        databaseOf.put(name, database);
        call(
                "database/roles/" + name,
                Map.of(
                        "db_name",
                        connection(database, admin, adminPassword),
                        "creation_statements",
                        statements,
                        "revocation_statements",
                        revocation,
                        "default_ttl",
                        ttl.toSeconds() + "s",
                        "max_ttl",
                        maxTtl.toSeconds() + "s"));
    }

    private String connection(String database, String admin, String password) {
        String name = database + "-" + admin;
        if (configured.add(name)) {
            call(
                    "database/config/" + name,
                    Map.of(
                            "plugin_name",
                            "postgresql-database-plugin",
                            "allowed_roles",
                            "*",
                            "connection_url",
                            "postgresql://{{username}}:{{password}}@127.0.0.1:" + postgres.port() + "/"
                                    + database + "?application_name=test-admin&sslmode="
                                    + (password.isEmpty() ? "disable" : "require"),
                            "username",
                            admin,
                            "password",
                            password.isEmpty() ? "not-asked-for" : password));
        }
        return name;
    }

    @Override
    public void putStaticRole(String name, String user, Duration period, Duration staleWindow) {
        Duration least = Duration.ofSeconds(5);
        call(
                "database/static-roles/" + name,
                Map.of(
                        "db_name",
                        connection("postgres", "postgres", ""),
                        "username",
                        user,
                        "rotation_period",
                        Math.max(period.toSeconds(), least.toSeconds()) + "s"));
    }

    @Override
    public void rotateStaticRole(String name) {
        call("database/rotate-role/" + name, Map.of());
    }

    @Override
    public void putKv(String mount, int version, String path, String user, String password) {
        putKvAt(mount + (version == 1 ? "/" : "/data/") + path, version, user, password);
    }

    private void putKvAt(String path, int version, String user, String password) {
        Map<String, String> entry = Map.of("username", user, "password", password);
        Awaitility.await("a new mount gets ready")
                .ignoreExceptionsInstanceOf(IllegalStateException.class)
                .until(() -> {
                    call(path, version == 1 ? entry : Map.of("data", entry));
                    return true;
                });
    }

    @Override
    public void putKvIn(
            String namespace,
            String path,
            String user,
            String password,
            String roleId,
            String secretId,
            String... may) {
        assumeTrue(
                send(rootToken, "PUT", "sys/namespaces/" + namespace, Map.of()).statusCode() < 300,
                "this Vault has no namespaces");
        String prefix = namespace + "/";
        call(prefix + "sys/auth/approle", Map.of("type", "approle"));
        call(prefix + "sys/mounts/secret", Map.of("type", "kv", "options", Map.of("version", "2")));
        putAppRoleIn(prefix, "gateway", roleId, secretId, Duration.ofHours(1), Duration.ZERO, may);
        putKvAt(prefix + "secret/data/" + path, 2, user, password);
    }

    // What became of it.

    @Override
    public List<String> rolesMadeBy(String name) {
        String database = databaseOf.get(name);
        return database == null
                ? List.of()
                : postgres.column(
                        database, "select name from " + table() + " where made_by = '" + name + "' order by at, ctid");
    }

    @Override
    public void revokeLeases() {
        call("sys/leases/revoke-prefix/database/creds", Map.of("sync", true));
    }

    /** By the roles in the database, since it may be away: their time is the lease's and five seconds. */
    @Override
    public int aliveLeases() {
        return postgres.column(
                        "postgres",
                        "select rolname from pg_roles where rolname like 'v-%' and rolvaliduntil - interval '5 s' > now()")
                .size();
    }

    @Override
    public int logins() {
        return (int) audited("\"type\":\"response\"", "\"path\":\"auth/approle/login\"").stream()
                .filter(line -> !line.contains("\"error\":"))
                .count();
    }

    @Override
    public int received() {
        return audited("\"type\":\"request\"", "").size();
    }

    @Override
    public long requests(String part) {
        return audited("\"type\":\"request\"", "\"path\":").stream()
                .filter(line -> line.matches(".*\"path\":\"[^\"]*" + part + ".*"))
                .count();
    }

    private List<String> audited(String type, String part) {
        try {
            return Files.readAllLines(folder.resolve("audit.log")).stream()
                    .filter(line -> line.contains(type) && line.contains(part) && !line.contains(ROOT_DISPLAY_NAME))
                    .filter(line -> !line.contains("\"path\":\"sys/audit/test\""))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // Doing things to it.

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IllegalStateException("kill -" + name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void freeze() {
        signal("STOP");
    }

    @Override
    public void thaw() {
        signal("CONT");
    }

    @Override
    public void goAway() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void comeBack() throws IOException {
        process = launch();
        awaitAnswer("sys/seal-status");
        unseal();
    }

    @Override
    public void seal() {
        call("sys/seal", Map.of());
    }

    /** And until there is an active node. */
    @Override
    public void unseal() {
        call("", "PUT", "sys/unseal", Map.of("key", unsealKey));
        Awaitility.await("active")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> send("", "GET", "sys/health", Map.of()).statusCode() == 200);
    }

    @Override
    public List<String> secrets() {
        return List.of(rootToken, unsealKey);
    }

    @Override
    public void close() {
        try {
            if (process.isAlive()) {
                thaw();
                revokeLeases();
            }
        } finally {
            process.destroyForcibly();
            http.shutdownNow();
            for (String database : Tenant.DATABASES) {
                for (String role : postgres.column(
                        database, "select rolname from pg_roles join " + table() + " made on rolname = made.name")) {
                    postgres.execute(database, "drop role \"" + role + "\"");
                }
                postgres.execute(database, "drop table " + table());
            }
        }
    }
}

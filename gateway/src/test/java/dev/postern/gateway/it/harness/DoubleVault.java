package dev.postern.gateway.it.harness;

import dev.postern.auth.credentials.vault.PostgresRoles;
import dev.postern.auth.credentials.vault.VaultDouble;
import dev.postern.auth.credentials.vault.VaultDoubleServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.postgresql.ds.PGSimpleDataSource;

/** The double on a port of 127.0.0.1. Its answers, times and failures are those that were recorded. */
final class DoubleVault implements AnyVault {
    final VaultDouble vault = new VaultDouble(Instant::now);
    final VaultDoubleServer server;
    private final PostgresServer postgres;
    private final List<PostgresRoles> roles = new ArrayList<>();
    private final Map<String, PostgresRoles> byName = new HashMap<>();

    DoubleVault(PostgresServer postgres, VaultDoubleServer.Starter starter) {
        this.postgres = postgres;
        try {
            this.server = starter.start(vault);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public URI address() {
        return server.address();
    }

    @Override
    public void putAppRole(
            String name, String roleId, String secretId, Duration tokenTtl, Duration tokenMaxTtl, String... paths) {
        vault.putAppRole(name, roleId, secretId, tokenTtl, tokenMaxTtl, paths);
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
        PostgresRoles made = new PostgresRoles(dataSource(database, admin, adminPassword), creation, revocation);
        roles.add(made);
        byName.put(name, made);
        vault.putRole(name, made, ttl, maxTtl);
    }

    private PGSimpleDataSource dataSource(String database, String admin, String password) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {"127.0.0.1"});
        source.setPortNumbers(new int[] {postgres.port()});
        source.setDatabaseName(database);
        source.setUser(admin);
        source.setApplicationName("test-admin");
        source.setSslMode("disable");
        if (!password.isEmpty()) {
            source.setPassword(password);
            source.setSslMode("require");
        }
        return source;
    }

    @Override
    public void putStaticRole(String name, String user, Duration period, Duration staleWindow) {
        PostgresRoles made = PostgresRoles.inGroup(dataSource("postgres", "postgres", ""), "");
        roles.add(made);
        vault.putStaticRole(name, user, made, period, staleWindow);
    }

    @Override
    public void rotateStaticRole(String name) {
        vault.rotateStaticRole(name);
    }

    @Override
    public void putKv(String mount, int version, String path, String user, String password) {
        vault.putKv(mount, version, path, user, password);
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
        vault.putAppRoleIn(namespace, roleId, secretId, Duration.ofHours(1), may);
        vault.putKvIn(namespace, "secret", 2, path, user, password);
    }

    @Override
    public List<String> rolesMadeBy(String name) {
        return Objects.requireNonNull(byName.get(name)).users();
    }

    @Override
    public void revokeLeases() {
        vault.revokeLeases();
    }

    @Override
    public int aliveLeases() {
        return vault.aliveLeases();
    }

    @Override
    public int logins() {
        return vault.logins();
    }

    @Override
    public int received() {
        return server.received();
    }

    @Override
    public long requests(String part) {
        return vault.requests(part);
    }

    @Override
    public void freeze() {
        server.freeze();
    }

    @Override
    public void thaw() {
        server.thaw();
    }

    @Override
    public void goAway() {
        server.goAway();
    }

    @Override
    public void comeBack() throws IOException {
        server.comeBack();
    }

    @Override
    public void seal() {
        vault.setMode(VaultDouble.Mode.SEALED);
    }

    @Override
    public void unseal() {
        vault.setMode(VaultDouble.Mode.UP);
    }

    @Override
    public List<String> secrets() {
        List<String> secrets = new ArrayList<>(vault.tokensMade());
        roles.forEach(made -> secrets.addAll(made.passwords()));
        return secrets;
    }

    @Override
    public void close() {
        vault.revokeLeases();
        server.close();
    }
}

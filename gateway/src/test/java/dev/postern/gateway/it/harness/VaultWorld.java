package dev.postern.gateway.it.harness;

import dev.postern.auth.credentials.vault.PostgresRoles;
import dev.postern.auth.credentials.vault.VaultDouble;
import dev.postern.auth.credentials.vault.VaultDoubleServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The Vault double on a port of 127.0.0.1, or a real Vault in classes that are {@link OnRealVault}, with dynamic roles that
 * are real roles of a PostgreSQL server: members of a tenant's backend role, which has all the rights.
 */
public final class VaultWorld implements AutoCloseable {
    private static final Path FOLDER = TemporaryFolders.create("vault");
    private static final String ROLE_ID = "gateway-role-id";
    private static final String SECRET_ID = "gateway-secret-id";

    private final PostgresServer postgres;
    private final AnyVault any;
    private final List<String> otherSecrets = new ArrayList<>();

    private VaultWorld(PostgresServer postgres, AnyVault any) {
        this.postgres = postgres;
        this.any = any;
        try {
            Files.writeString(FOLDER.resolve("secret-id"), SECRET_ID);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A Vault whose tokens live for an hour and are renewable without end. */
    public static VaultWorld start(PostgresServer postgres) {
        return start(postgres, Duration.ofHours(1), Duration.ZERO);
    }

    /** A Vault whose tokens live so long, and no longer than the maximum (zero: none). */
    public static VaultWorld start(PostgresServer postgres, Duration tokenTtl, Duration tokenMaxTtl) {
        AnyVault any = isReal() ? new RealVault(postgres) : new DoubleVault(postgres, VaultDoubleServer::http);
        VaultWorld world = new VaultWorld(postgres, any);
        any.putAppRole(
                "gateway", ROLE_ID, SECRET_ID, tokenTtl, tokenMaxTtl, "database/*", "sys/leases/*", "secret/*", "kv/*");
        return world;
    }

    /** A Vault with TLS, and with a Kubernetes role {@code default} for the ServiceAccount {@code app}. */
    public static VaultWorld inACluster(PostgresServer postgres, Duration tokenTtl, Duration tokenMaxTtl) {
        DoubleVault made = new DoubleVault(
                postgres,
                vault -> VaultDoubleServer.https(
                        vault, Certificates.shared().issueForLocalhost("vault").serverContext(Certificates.shared())));
        VaultWorld world = new VaultWorld(postgres, made);
        made.vault.putKubernetesRole("default", "app", tokenTtl, tokenMaxTtl, "database/*", "sys/leases/*");
        return world;
    }

    /** A dynamic role whose leases give the rights of the database's backend role. */
    public VaultWorld withRole(String name, String database, Duration ttl, Duration maxTtl) {
        any.putRole(
                name,
                database,
                "postgres",
                "",
                List.of(PostgresRoles.creationIn(Tenant.backendRole(database))),
                PostgresRoles.BUILT_IN_REVOCATION,
                ttl,
                maxTtl);
        return this;
    }

    /** A dynamic role with statements of its own, run by this role of the server, which need not be a superuser. */
    public VaultWorld withRole(
            String name,
            String database,
            String admin,
            String adminPassword,
            List<String> creation,
            List<String> revocation,
            Duration ttl,
            Duration maxTtl) {
        any.putRole(name, database, admin, adminPassword, creation, revocation, ttl, maxTtl);
        return this;
    }

    /** Server roles that leases of this dynamic role have made so far, those that are gone too. */
    public List<String> rolesMadeBy(String name) {
        return any.rolesMadeBy(name);
    }

    /** A static role: a role of the server whose password Vault changes each period and by hand. */
    public VaultWorld withStaticRole(String name, String user, Duration period, Duration staleWindow) {
        any.putStaticRole(name, user, period, staleWindow);
        return this;
    }

    /** A user and password at a path of the KV mount {@code secret}. */
    public void putKv(int version, String path, String user, String password) {
        otherSecrets.add(password);
        any.putKv(version == 1 ? "kv" : "secret", version, path, user, password);
    }

    /** The same in a namespace, with an identity of that namespace that may read it. */
    public void putKvIn(String namespace, String path, String user, String password) {
        otherSecrets.add(password);
        any.putKvIn(namespace, path, user, password, ROLE_ID, SECRET_ID, "secret/*");
    }

    /** One more identity, which may use these paths alone; an entry of {@code vaultConnections} that logs in as it. */
    public String connectionFor(String identity, String... paths) {
        String secretId = identity + "-secret-id";
        otherSecrets.add(secretId);
        any.putAppRole(identity, identity + "-role-id", secretId, Duration.ofHours(1), Duration.ZERO, paths);
        Path file = FOLDER.resolve(identity + "-secret-id");
        try {
            Files.writeString(file, secretId);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "{address: \"" + any.address() + "\", auth: {appRole: {roleId: " + identity + "-role-id, secretIdFile: "
                + file + "}}}";
    }

    /** Whether this is no double: what only that can do is not to be asked for then. */
    public static boolean isReal() {
        return OnRealVault.isOn();
    }

    private DoubleVault theDouble() {
        if (any instanceof DoubleVault made) {
            return made;
        }
        throw new IllegalStateException("a real Vault cannot do this");
    }

    public VaultDouble vault() {
        return theDouble().vault;
    }

    /** What can be done to the double's process. */
    public VaultDoubleServer server() {
        return theDouble().server;
    }

    /** It takes connections and answers nothing until {@link #thaw}. */
    public void freeze() {
        any.freeze();
    }

    public void thaw() {
        any.thaw();
    }

    /** Its process is gone until {@link #comeBack}. */
    public void goAway() {
        any.goAway();
    }

    public void comeBack() {
        try {
            any.comeBack();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends every lease, as {@code vault lease revoke -prefix} does. */
    public void revokeLeases() {
        any.revokeLeases();
    }

    public int aliveLeases() {
        return any.aliveLeases();
    }

    public int logins() {
        return any.logins();
    }

    public int received() {
        return any.received();
    }

    /** Requests so far whose path holds this. */
    public long requests(String part) {
        return any.requests(part);
    }

    /** Changes a static role's password now. */
    public void rotateStaticRole(String name) {
        any.rotateStaticRole(name);
    }

    /** It answers 503 until {@link #unseal}. */
    public void seal() {
        any.seal();
    }

    /** A standby without an active node until {@link #unseal}: 307 to where nobody is, 429 to health probes. */
    public void loseLeader() {
        vault().setMode(VaultDouble.Mode.NO_LEADER);
    }

    /** It answers 429 to all but health probes until {@link #unseal}. */
    public void limitRate() {
        vault().setMode(VaultDouble.Mode.RATE_LIMITED);
    }

    /** It works again. */
    public void unseal() {
        any.unseal();
    }

    /** The top-level key {@code vaultConnections} with this one, named main. */
    public String yaml() {
        return "vaultConnections:\n  main: " + connection() + "\n";
    }

    /** So many entries, all to this Vault: main1, main2 ... */
    public String yaml(int connections) {
        StringBuilder text = new StringBuilder("vaultConnections:\n");
        for (int i = 1; i <= connections; i++) {
            text.append("  main").append(i).append(": ").append(connection()).append("\n");
        }
        return text.toString();
    }

    /** An entry of {@code vaultConnections}. */
    public String connection() {
        return "{address: \"" + any.address() + "\", auth: {appRole: {roleId: " + ROLE_ID + ", secretIdFile: "
                + FOLDER.resolve("secret-id") + "}}}";
    }

    /** The object {@code credentials} of a route that takes this role from the connection main. */
    public static String credentials(String role) {
        return "{vault: {connection: main, path: database/creds/" + role + "}}";
    }

    /** Secrets of the run so far, which no log, metric or error may show. */
    public List<String> secrets() {
        List<String> secrets = new ArrayList<>(any.secrets());
        secrets.add(SECRET_ID);
        secrets.addAll(otherSecrets);
        return secrets;
    }

    /** Roles that leases made and that are in the database now. */
    public List<String> leasedRoles() {
        return postgres.column("postgres", "select rolname from pg_roles where rolname like 'v-%'");
    }

    @Override
    public void close() {
        any.close();
    }
}

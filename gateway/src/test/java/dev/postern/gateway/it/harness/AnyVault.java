package dev.postern.gateway.it.harness;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** What a test asks of a Vault: of the double, or of a real one. */
interface AnyVault extends AutoCloseable {
    URI address();

    /** An identity that logs in by AppRole and may use these paths; a max TTL of zero is none. */
    void putAppRole(
            String name, String roleId, String secretId, Duration tokenTtl, Duration tokenMaxTtl, String... paths);

    /** A dynamic role whose statements this role of the server runs; without a password it needs none. */
    void putRole(
            String name,
            String database,
            String admin,
            String adminPassword,
            List<String> creation,
            List<String> revocation,
            Duration ttl,
            Duration maxTtl);

    /** A real one has its own least period, and its own window in which it gives the old password. */
    void putStaticRole(String name, String user, Duration period, Duration staleWindow);

    void rotateStaticRole(String name);

    void putKv(String mount, int version, String path, String user, String password);

    /** The same in a namespace, with an identity there that may read it. */
    void putKvIn(
            String namespace, String path, String user, String password, String roleId, String secretId, String... may);

    /** Server roles that leases of this dynamic role have made so far, those that are gone too. */
    List<String> rolesMadeBy(String name);

    /** As {@code vault lease revoke -prefix} does. */
    void revokeLeases();

    int aliveLeases();

    int logins();

    /** Requests so far, but for those of the test itself. A real one counts what it has looked at. */
    int received();

    /** Of these the ones whose path holds this. */
    long requests(String part);

    void freeze();

    void thaw();

    void goAway();

    void comeBack() throws IOException;

    void seal();

    void unseal();

    /** Secrets that the test knows of. */
    List<String> secrets();

    @Override
    void close();
}

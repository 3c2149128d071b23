package dev.postern.demo;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ScramVerifier;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The files that a user of the demo reads: {@code env} to source, {@code postern.yaml} to learn from, and what those name.
 * Everything secret has mode 0600.
 *
 * @param folder where they are
 */
record DemoFolder(Path folder) {
    /** The user that clients log in as; no server knows it. */
    static final String CLIENT_USER = "app";

    private static final String VERIFIER = "secrets/" + CLIENT_USER + ".verifier";

    static DemoFolder create(Path folder) throws IOException {
        DemoFolder created =
                new DemoFolder(PrivateFiles.folder(folder.toAbsolutePath().normalize()));
        // It says that the demo is ready, so one of an earlier run must not stay.
        Files.deleteIfExists(created.env());
        return created;
    }

    /** Shell lines to source; appears when the demo is ready. */
    Path env() {
        return folder.resolve("env");
    }

    Path config() {
        return folder.resolve("postern.yaml");
    }

    Path authority() {
        return folder.resolve("ca.crt");
    }

    /** Writes the certificates that the configuration names. */
    void writeCertificates(String authorityPem, X509Bundle certificate) throws IOException {
        Files.writeString(authority(), authorityPem);
        Files.writeString(folder.resolve("server.crt"), certificate.getCertificatePathPEM());
        PrivateFiles.write(folder.resolve("server.key"), certificate.getPrivateKeyPEM());
    }

    /** Writes the secrets that the configuration names: of clients only a verifier, of roles the password. */
    void writeSecrets(Secret clientPassword, List<Tenant> tenants) throws IOException {
        PrivateFiles.folder(folder.resolve("secrets"));
        ScramVerifier verifier = ScramVerifier.derive(clientPassword, ScramVerifier.DEFAULT_ITERATIONS);
        PrivateFiles.write(folder.resolve(VERIFIER), verifier.format() + "\n");
        for (Tenant tenant : tenants) {
            PrivateFiles.write(
                    folder.resolve(passwordFile(tenant)), tenant.password().reveal() + "\n");
        }
    }

    /** Writes the configuration: one route for each tenant, to the port of its server. */
    void writeConfig(int port, int adminPort, Map<Tenant, Integer> serverPorts) throws IOException {
        StringJoiner routes = new StringJoiner("\n");
        serverPorts.forEach((tenant, serverPort) -> routes.add("""
                  - name: %s
                    match: {databases: [%s]}
                    backend: {hosts: ["127.0.0.1:%d"], tls: {mode: verify-full, caFile: ca.crt}}
                    clientAuth: {scram: {users: {%s: {secretFile: %s}}}}
                    credentials: {static: {user: %s, passwordFile: %s}}
                """.formatted(
                        tenant.database(),
                        tenant.database(),
                        serverPort,
                        CLIENT_USER,
                        VERIFIER,
                        tenant.role(),
                        passwordFile(tenant))));
        Files.writeString(config(), """
                # One TLS endpoint in front of two PostgreSQL servers. Paths are relative to this file.
                listeners:
                  - name: public
                    address: 127.0.0.1:%d
                    tls:
                      mode: require
                      certificates: [{certFile: server.crt, keyFile: server.key}]

                # The database that a client asks for picks the route. Clients log in as "%s", which is checked here and
                # which no server knows; the server connections belong to roles whose passwords clients never see.
                routes:
                %s
                # For all routes: many clients share few server connections, transaction by transaction.
                pool: {mode: transaction, defaultPoolSize: 10}

                # /healthz, /readyz, /metrics
                admin: {address: 127.0.0.1:%d}
                """.formatted(port, CLIENT_USER, routes, adminPort));
    }

    /** Writes {@link #env()}, at once and whole. */
    void writeEnv(int port, Secret clientPassword, Tenant first) throws IOException {
        String lines = """
                export PGHOST=localhost
                export PGPORT=%d
                export PGSSLMODE=verify-full
                export PGSSLROOTCERT=%s
                export PGUSER=%s
                export PGPASSWORD=%s
                export PGDATABASE=%s
                """.formatted(
                port, shellQuoted(authority().toString()), CLIENT_USER, clientPassword.reveal(), first.database());
        Path written = PrivateFiles.write(folder.resolve("env.new"), lines);
        Files.move(written, env(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The word as a POSIX shell reads it back. */
    static String shellQuoted(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private static String passwordFile(Tenant tenant) {
        return "secrets/" + tenant.role() + ".password";
    }
}

package dev.postern.gateway.it.harness;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The PostgreSQL servers of a test run: one shared by all scenarios, others for those that break theirs. */
public final class PostgresServers {
    private static final Certificates.KeyPairFiles CERTIFICATE =
            Certificates.shared().issueForLocalhost("postgres");
    private static final PostgresServer SHARED = PostgresServer.start(CERTIFICATE);

    private static final Map<Integer, PostgresServer> BY_VERSION = new ConcurrentHashMap<>();

    private PostgresServers() {}

    /** Nobody stops this one; it ends with the JVM. */
    public static PostgresServer shared() {
        return SHARED;
    }

    /** A server of a major version, 14 to 18, shared by all scenarios that ask for it. Nobody stops it. */
    public static PostgresServer ofVersion(int major) {
        return BY_VERSION.computeIfAbsent(
                major,
                version -> version == 17
                        ? SHARED
                        : PostgresServer.start(PostgresTemplate.ofVersion(version), CERTIFICATE));
    }

    /** A server of one's own, with the same databases and roles; the caller closes it. */
    public static PostgresServer own() {
        return PostgresServer.start(CERTIFICATE);
    }

    /** A server of one's own with more settings, each as in postgresql.conf. */
    public static PostgresServer ownWith(String... settings) {
        return PostgresServer.start(CERTIFICATE, settings);
    }

    /** A server of one's own of a major version, 14 to 18, with more settings. */
    public static PostgresServer ownOfVersion(int major, String... settings) {
        return PostgresServer.start(PostgresTemplate.ofVersion(major), CERTIFICATE, settings);
    }

    /** A server of one's own with another certificate. */
    public static PostgresServer own(Certificates.KeyPairFiles certificate) {
        return PostgresServer.start(certificate);
    }
}

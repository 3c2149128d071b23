package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** libpq's sslmode, and PgBouncer's server_tls_sslmode. */
public enum BackendTlsMode implements Keyword {
    DISABLE("disable"),
    /** Plain first, TLS when the server insists. */
    ALLOW("allow"),
    /** TLS first, plain when the server has none. */
    PREFER("prefer"),
    /** TLS or nothing; the certificate is not checked. */
    REQUIRE("require"),
    /** The certificate has to come from the CA. */
    VERIFY_CA("verify-ca"),
    /** And to name the host. */
    VERIFY_FULL("verify-full");

    private final String keyword;

    BackendTlsMode(String keyword) {
        this.keyword = keyword;
    }

    /** Whether the server's certificate is checked against {@code caFile}. */
    public boolean verifies() {
        return this == VERIFY_CA || this == VERIFY_FULL;
    }

    /** Whether nothing is sent without TLS. */
    boolean isCertain() {
        return this == REQUIRE || verifies();
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

package dev.postern.tls;

import java.util.Arrays;
import java.util.Optional;

/**
 * libpq's {@code sslmode}: is TLS used towards a server, and what is its certificate held to? With a CA file the chain is
 * verified in every mode that uses TLS, as libpq does once a root certificate file exists.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-ssl.html">libpq: SSL support</a>
 */
public enum SslMode {
    /** Never TLS. */
    DISABLE("disable"),
    /** Plain first; TLS where the server refuses that. */
    ALLOW("allow"),
    /** TLS first; plain where the server has none. */
    PREFER("prefer"),
    /** TLS or nothing; any certificate, unless there is a CA file. */
    REQUIRE("require"),
    /** TLS, with a certificate that chains up to the CA file. */
    VERIFY_CA("verify-ca"),
    /** As verify-ca, and the certificate names the host. */
    VERIFY_FULL("verify-full");

    private final String text;

    SslMode(String text) {
        this.text = text;
    }

    /** libpq's spelling. */
    public String text() {
        return text;
    }

    public static Optional<SslMode> parse(String text) {
        return Arrays.stream(values()).filter(mode -> mode.text.equals(text)).findFirst();
    }

    /** May a connection go on without TLS? */
    public boolean allowsPlain() {
        return this == DISABLE || this == ALLOW || this == PREFER;
    }

    /** Is TLS asked for before anything else? */
    public boolean asksFirst() {
        return compareTo(PREFER) >= 0;
    }

    /** Must there be something to verify the server's certificate against? */
    public boolean verifies() {
        return this == VERIFY_CA || this == VERIFY_FULL;
    }
}

package dev.postern.tls;

import java.util.Arrays;
import java.util.Optional;

/** Which name of a client certificate says who the client is. */
public enum IdentitySource {
    /** The subject's common name, PostgreSQL's {@code clientname=CN}. */
    COMMON_NAME("cn"),
    /** The whole subject as RFC 2253 writes it, {@code clientname=DN}. */
    DISTINGUISHED_NAME("dn"),
    /** The DNS names among the subject alternative names. */
    SAN_DNS("dns"),
    /** The e-mail addresses among them. */
    SAN_EMAIL("email"),
    /** The URIs among them, for example a SPIFFE id. */
    SAN_URI("uri");

    private final String text;

    IdentitySource(String text) {
        this.text = text;
    }

    /** The spelling in configuration. */
    public String text() {
        return text;
    }

    public static Optional<IdentitySource> parse(String text) {
        return Arrays.stream(values())
                .filter(source -> source.text.equals(text))
                .findFirst();
    }
}

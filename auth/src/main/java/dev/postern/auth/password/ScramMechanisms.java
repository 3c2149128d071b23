package dev.postern.auth.password;

/** The names PostgreSQL knows, and the one channel-binding type it supports (RFC 5929). */
public final class ScramMechanisms {
    public static final String SCRAM_SHA_256 = "SCRAM-SHA-256";
    public static final String SCRAM_SHA_256_PLUS = "SCRAM-SHA-256-PLUS";
    public static final String TLS_SERVER_END_POINT = "tls-server-end-point";
    /** PostgreSQL's PG_MAX_SASL_MESSAGE_LENGTH for SCRAM, in bytes. */
    public static final int MAX_MESSAGE_BYTES = 1024;

    private ScramMechanisms() {}
}

package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The SQLSTATEs the gateway sends or acts on, by their condition names in the manual's appendix A. */
public final class SqlStates {
    public static final String SUCCESSFUL_COMPLETION = "00000";
    public static final String CONNECTION_FAILURE = "08006";
    public static final String PROTOCOL_VIOLATION = "08P01";
    public static final String FEATURE_NOT_SUPPORTED = "0A000";
    public static final String INVALID_PARAMETER_VALUE = "22023";
    public static final String READ_ONLY_SQL_TRANSACTION = "25006";
    public static final String IDLE_IN_TRANSACTION_SESSION_TIMEOUT = "25P03";
    public static final String TRANSACTION_TIMEOUT = "25P04";
    public static final String INVALID_AUTHORIZATION_SPECIFICATION = "28000";
    public static final String INVALID_PASSWORD = "28P01";
    public static final String INVALID_CATALOG_NAME = "3D000";
    public static final String INSUFFICIENT_PRIVILEGE = "42501";
    public static final String INVALID_SQL_STATEMENT_NAME = "26000";
    public static final String UNDEFINED_OBJECT = "42704";
    public static final String DUPLICATE_PREPARED_STATEMENT = "42P05";
    public static final String OUT_OF_MEMORY = "53200";
    public static final String TOO_MANY_CONNECTIONS = "53300";
    public static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
    public static final String QUERY_CANCELED = "57014";
    public static final String ADMIN_SHUTDOWN = "57P01";
    public static final String CRASH_SHUTDOWN = "57P02";
    public static final String CANNOT_CONNECT_NOW = "57P03";
    public static final String DATABASE_DROPPED = "57P04";
    public static final String IDLE_SESSION_TIMEOUT = "57P05";
    public static final String INTERNAL_ERROR = "XX000";

    /** Characters of every SQLSTATE. */
    private static final int LENGTH = 5;

    private SqlStates() {}

    /** The SQLSTATE between two indexes of a buffer, if it is one. */
    static Optional<String> read(ByteBuf in, int from, int to) {
        if (to - from != LENGTH) {
            return Optional.empty();
        }
        for (int i = from; i < to; i++) {
            byte c = in.getByte(i);
            if ((c < '0' || c > '9') && (c < 'A' || c > 'Z')) {
                return Optional.empty();
            }
        }
        return Optional.of(in.toString(from, LENGTH, StandardCharsets.US_ASCII));
    }
}

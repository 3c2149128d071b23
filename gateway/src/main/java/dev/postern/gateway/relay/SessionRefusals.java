package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.SqlStates;

/** What a client reads that asks for something which would stay in its session, where its server does not. */
final class SessionRefusals {
    private SessionRefusals() {}

    /** @param look with a bit of {@link TextLook#STAYS} */
    static ErrorResponse of(int look) {
        return ErrorResponse.error(SqlStates.FEATURE_NOT_SUPPORTED, what(look) + " in transaction pooling mode")
                .withHint(hint(look));
    }

    private static String what(int look) {
        return switch (look & TextLook.STAYS) {
            case TextLook.LISTEN ->
                "LISTEN by a pool of one server, or in another encoding than the database's, is not supported";
            case TextLook.PREPARE -> "PREPARE outside of a transaction is not supported";
            case TextLook.LOAD -> "LOAD is not supported";
            case TextLook.HOLD -> "a cursor WITH HOLD is not supported";
            case TextLook.LOCK -> "a session-level advisory lock is not supported outside of a transaction";
            case TextLook.TEMPORARY -> "a temporary object is not supported outside of a transaction";
            default -> "this statement is not supported";
        };
    }

    private static String hint(int look) {
        String instead = switch (look & TextLook.STAYS) {
            case TextLook.PREPARE -> "Use the driver's prepared statements";
            case TextLook.LOCK -> "Use pg_advisory_xact_lock";
            case TextLook.TEMPORARY -> "Use it within one transaction, with ON COMMIT DROP";
            case TextLook.HOLD -> "Read the cursor within one transaction";
            default -> "Connect to a route in session mode";
        };
        return instead + ", or ask the operator for pool.pinOnSessionState.";
    }
}

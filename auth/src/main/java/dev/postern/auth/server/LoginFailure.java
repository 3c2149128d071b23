package dev.postern.auth.server;

/**
 * Why we gave a login up. (What the server itself refuses it says in an ErrorResponse, which does not come here.)
 *
 * @param detail for the operator; holds no secret
 */
public record LoginFailure(Reason reason, String detail) {
    /** A closed set, for metrics. */
    public enum Reason {
        /** The server asks for a password and there is none. */
        NO_PASSWORD,
        /** Kerberos, GSSAPI, SSPI, or SASL mechanisms we do not have. */
        UNSUPPORTED_METHOD,
        /** Cleartext outside TLS, and not opted in; or recovered keys where a password is asked for. */
        METHOD_NOT_ALLOWED,
        /** channel_binding=require, and the server or the connection cannot. */
        CHANNEL_BINDING,
        /** Fewer rounds than the policy's minimum, or absurdly many. */
        ITERATIONS,
        /** Pass-through: the server's salt or count is not that of the keys. */
        DIFFERENT_VERIFIER,
        /** The server did not prove that it knows the verifier: it is not the one we meant. */
        BAD_SERVER_SIGNATURE,
        /** A message that is malformed or not legal now. */
        PROTOCOL_VIOLATION
    }
}

package dev.postern.gateway.protocol;

/** The one place that says what a client reads of a {@link Refusal}. The texts are PostgreSQL's where it has one. */
public final class ErrorResponses {
    private ErrorResponses() {}

    public static ErrorResponse of(Refusal refusal) {
        return switch (refusal) {
            case Refusal.UnknownDatabase r -> passwordFailed(r.user());
            case Refusal.UnknownUser r -> passwordFailed(r.user());
            case Refusal.BadPassword r -> passwordFailed(r.user());
            case Refusal.UserNameMissing ignored ->
                notAuthorized("no PostgreSQL user name specified in startup packet");
            case Refusal.TlsRequired ignored ->
                notAuthorized("TLS is required").withHint("Connect with sslmode=require or stricter.");
            case Refusal.TlsNotAvailable ignored -> notAuthorized("TLS is not available on this endpoint");
            case Refusal.AccessDenied ignored -> notAuthorized("access denied");
            case Refusal.LoginThrottled ignored ->
                notAuthorized("too many failed logins").withHint("Try again in a few seconds.");
            case Refusal.SuperuserRefused ignored -> notAuthorized("superusers are not allowed on this endpoint");
            case Refusal.RouteContradiction r ->
                notAuthorized("server name, route and database do not go together")
                        .withHint(r.hint());
            case Refusal.TooManyClients r ->
                ErrorResponse.fatal(
                        SqlStates.TOO_MANY_CONNECTIONS, "no more connections allowed (" + known(r.limit()) + ")");
            // PgBouncer sends 08P01 for both, which blames the client. The cause is a lack of connections: class 53 is
            // what drivers and frameworks take for transient and retry; 57014 would pass for a statement timeout.
            case Refusal.PoolExhausted ignored ->
                ErrorResponse.fatal(SqlStates.TOO_MANY_CONNECTIONS, "too many clients wait for a server connection");
            case Refusal.QueryWaitTimeout ignored ->
                ErrorResponse.fatal(
                        SqlStates.TOO_MANY_CONNECTIONS, "query_wait_timeout: no server connection became free");
            case Refusal.ServerUnreachable ignored ->
                ErrorResponse.fatal(SqlStates.CONNECTION_FAILURE, "the database server cannot be reached");
            case Refusal.NoTargetServer ignored ->
                ErrorResponse.fatal(
                        SqlStates.CANNOT_CONNECT_NOW,
                        "no database server with the target session attributes is available now");
            case Refusal.ReplicationRefused r -> replicationRefused(r);
            case Refusal.ServerStarting ignored ->
                ErrorResponse.fatal(SqlStates.CANNOT_CONNECT_NOW, "the database system is starting up");
            case Refusal.ServerLoginFailed ignored ->
                ErrorResponse.fatal(SqlStates.CONNECTION_FAILURE, "the gateway cannot log in to the database server");
            case Refusal.ServerLost ignored ->
                ErrorResponse.fatal(SqlStates.CONNECTION_FAILURE, "the connection to the database server was lost");
            case Refusal.CredentialUnavailable ignored ->
                ErrorResponse.fatal(
                        SqlStates.CANNOT_CONNECT_NOW,
                        "the database is not available now: the credential for its server is not there yet");
            case Refusal.CredentialEnded ignored ->
                ErrorResponse.fatal(
                                SqlStates.ADMIN_SHUTDOWN,
                                "terminating connection: the credential of its database server connection was rotated")
                        .withHint(
                                "Connect again. A transaction must end within the lifetime of the route's credential.");
            case Refusal.SessionStateLeft r ->
                ErrorResponse.fatal(
                                SqlStates.FEATURE_NOT_SUPPORTED,
                                "terminating connection: the transaction has left " + r.message()
                                        + ", which transaction pooling mode does not keep")
                        .withHint(
                                "The transaction itself is committed. End it without them, connect to a route in session"
                                        + " mode, or ask the operator for pool.pinOnSessionState.");
            case Refusal.SessionStateUnknown ignored ->
                ErrorResponse.fatal(
                        SqlStates.CONNECTION_FAILURE,
                        "the database server did not say what the transaction has left in the session");
            case Refusal.StartupSettingsLost ignored ->
                ErrorResponse.fatal(
                        SqlStates.CONNECTION_FAILURE,
                        "the settings of the startup packet could not be put back behind a RESET");
            case Refusal.ListenerLost ignored ->
                ErrorResponse.fatal(
                                SqlStates.CONNECTION_FAILURE, "the connection that listens for notifications was lost")
                        .withHint("Connect again, LISTEN, and look at what may have changed meanwhile.");
            case Refusal.ShuttingDown ignored -> adminShutdown();
            case Refusal.ServerReplaced ignored -> adminShutdown();
            case Refusal.RouteRemoved ignored -> adminShutdown();
            case Refusal.Killed ignored -> adminShutdown();
            case Refusal.DatabaseDisabled r ->
                ErrorResponse.fatal(SqlStates.OBJECT_NOT_IN_PREREQUISITE_STATE, r.message());
            // PostgreSQL's code and words for authentication_timeout.
            case Refusal.LoginTimeout ignored ->
                ErrorResponse.fatal(SqlStates.QUERY_CANCELED, "canceling authentication due to timeout");
            case Refusal.ClientIdleTimeout ignored ->
                ErrorResponse.fatal(
                        SqlStates.IDLE_SESSION_TIMEOUT, "terminating connection due to idle-session timeout");
            case Refusal.IdleTransactionTimeout ignored ->
                ErrorResponse.fatal(
                        SqlStates.IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                        "terminating connection due to idle-in-transaction timeout");
            case Refusal.TransactionTimeout ignored ->
                ErrorResponse.fatal(SqlStates.TRANSACTION_TIMEOUT, "terminating connection due to transaction timeout");
            case Refusal.QueryTimeout ignored ->
                ErrorResponse.fatal(SqlStates.QUERY_CANCELED, "terminating connection due to query_timeout");
            case Refusal.QueryCanceled ignored ->
                ErrorResponse.error(SqlStates.QUERY_CANCELED, "canceling statement due to user request");
            case Refusal.ProtocolViolated r -> ErrorResponse.fatal(SqlStates.PROTOCOL_VIOLATION, r.message());
            case Refusal.MalformedCancelRequest r -> ErrorResponse.fatal(SqlStates.PROTOCOL_VIOLATION, r.message());
            case Refusal.FeatureNotSupported r -> ErrorResponse.fatal(SqlStates.FEATURE_NOT_SUPPORTED, r.message());
            case Refusal.InvalidStartupParameter r ->
                ErrorResponse.fatal(SqlStates.INVALID_PARAMETER_VALUE, r.message());
            case Refusal.Internal ignored ->
                ErrorResponse.fatal(SqlStates.INTERNAL_ERROR, "internal error of the gateway");
        };
    }

    /** The server's own words name its roles and this gateway's address, except where they are about the client's settings. */
    private static ErrorResponse replicationRefused(Refusal.ReplicationRefused refused) {
        return switch (refused.sqlState()) {
            case SqlStates.INSUFFICIENT_PRIVILEGE ->
                ErrorResponse.fatal(SqlStates.INSUFFICIENT_PRIVILEGE, "permission denied to start WAL sender")
                        .withHint("The role that the gateway uses at the server needs the REPLICATION attribute.");
            case SqlStates.INVALID_AUTHORIZATION_SPECIFICATION ->
                ErrorResponse.fatal(
                                SqlStates.INVALID_AUTHORIZATION_SPECIFICATION,
                                "the database server does not admit replication connections of the gateway")
                        .withHint("Its pg_hba.conf needs a line for them; the gateway's log has its answer.");
            case SqlStates.TOO_MANY_CONNECTIONS ->
                ErrorResponse.fatal(
                        SqlStates.TOO_MANY_CONNECTIONS, "the database server has no room for a replication connection");
            case SqlStates.INVALID_PARAMETER_VALUE, SqlStates.UNDEFINED_OBJECT ->
                ErrorResponse.fatal(refused.sqlState(), refused.message());
            default ->
                ErrorResponse.fatal(SqlStates.CONNECTION_FAILURE, "the gateway cannot log in to the database server");
        };
    }

    /** The names of limits are a closed set: nothing else reaches a client by this way. */
    private static String known(String limit) {
        return switch (limit) {
            case "max_client_conn",
                    "max_route_client_connections",
                    "max_db_client_connections",
                    "max_user_client_connections",
                    "max_conn_per_address",
                    "max_logins_per_address" -> limit;
            default -> "limit";
        };
    }

    private static ErrorResponse passwordFailed(String user) {
        return ErrorResponse.fatal(
                SqlStates.INVALID_PASSWORD, "password authentication failed for user \"" + user + "\"");
    }

    private static ErrorResponse notAuthorized(String message) {
        return ErrorResponse.fatal(SqlStates.INVALID_AUTHORIZATION_SPECIFICATION, message);
    }

    private static ErrorResponse adminShutdown() {
        return ErrorResponse.fatal(SqlStates.ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    }
}

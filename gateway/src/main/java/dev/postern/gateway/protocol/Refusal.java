package dev.postern.gateway.protocol;

import java.time.Duration;

/**
 * Why the gateway says no, as a value. The components are for the operator's log (routes, hosts, causes); what the client
 * may read is made by {@link ErrorResponses} alone, from these but with no word of the server's side. Components named
 * {@code message} are the exception: they are the client's text.
 */
public sealed interface Refusal {
    /** No route takes the database (or the server name). Looks like {@link BadPassword} to the client. */
    record UnknownDatabase(String user, String database) implements Refusal {}

    /** The route does not know the user. Looks like {@link BadPassword} to the client. */
    record UnknownUser(String user, String route) implements Refusal {}

    /** The password, proof or token is wrong. */
    record BadPassword(String user, String route) implements Refusal {}

    /** The startup packet names no user. */
    record UserNameMissing() implements Refusal {}

    /** A plaintext client on a listener (or route) that requires TLS. */
    record TlsRequired(String listener) implements Refusal {}

    /** TLS was demanded where none is configured. */
    record TlsNotAvailable(String listener) implements Refusal {}

    /** The route does not admit this client: address, certificate or method. Said after authentication, or it would tell which databases exist. */
    record AccessDenied(String user, String route, String cause) implements Refusal {}

    /** Too many failed logins for this user or from this address. */
    record LoginThrottled(String user, String route, String detail) implements Refusal {}

    /** The route does not allow superusers. */
    record SuperuserRefused(String user, String route) implements Refusal {}

    /** TLS server name, route option and database do not go together; the hint holds what the client said and the way out. */
    record RouteContradiction(String database, String serverName, String hint) implements Refusal {}

    /** A limit of client connections is reached; the client reads its name, the operator also the rest. */
    record TooManyClients(String limit, String detail) implements Refusal {}

    /** The pool and its queue are full. */
    record PoolExhausted(String pool) implements Refusal {}

    /** No server connection became free within query_wait_timeout. */
    record QueryWaitTimeout(String pool, Duration waited) implements Refusal {}

    /** No host of the route could be connected to. */
    record ServerUnreachable(String route, String host, String cause) implements Refusal {}

    /** Hosts of the route answer, and none is of the kind that {@code targetSessionAttrs} wants. */
    record NoTargetServer(String route, String cause) implements Refusal {}

    /** The server took the login of the route's role, and refuses it replication, or what the startup packet asked for. */
    record ReplicationRefused(String route, String sqlState, String message, String cause) implements Refusal {}

    /** The server answered 57P03: it starts, stops or recovers. */
    record ServerStarting(String route, String host) implements Refusal {}

    /** The server refused our login. */
    record ServerLoginFailed(String route, String host, String role, String cause) implements Refusal {}

    /** The server connection of a linked client broke. */
    record ServerLost(String route, String host, String cause) implements Refusal {}

    /** No credential for the server can be had now. */
    record CredentialUnavailable(String route, String cause) implements Refusal {}

    /** The credential that opened the session's server connection has ended, and could not be kept any longer. */
    record CredentialEnded(String route) implements Refusal {}

    /** The gateway drains. */
    record ShuttingDown() implements Refusal {}

    /** Transaction mode: the transaction left something in the session that cannot be kept. The list goes to the client. */
    record SessionStateLeft(String message) implements Refusal {}

    /** Transaction mode: the server could not say what a transaction has set or left in the session. */
    record SessionStateUnknown(String route, String cause) implements Refusal {}

    /** The settings of the startup packet could not be put back behind a RESET. */
    record StartupSettingsLost(String route, String cause) implements Refusal {}

    /** Transaction mode: the connection that listens for the session is gone, and with it perhaps notifications. */
    record ListenerLost(String route, String cause) implements Refusal {}

    /** An operator ended the session: KILL or KILL_CLIENT. */
    record Killed() implements Refusal {}

    /** An operator disabled the database. Said after authentication; the message goes to the client. */
    record DatabaseDisabled(String message) implements Refusal {}

    /** serverFastClose: the session's server connection is to be replaced. */
    record ServerReplaced(String route) implements Refusal {}

    /** A reload took the route away. */
    record RouteRemoved(String route) implements Refusal {}

    /** client_login_timeout ran out; state says how far the login had come. */
    record LoginTimeout(String state) implements Refusal {}

    /** client_idle_timeout. */
    record ClientIdleTimeout(Duration limit) implements Refusal {}

    /** idle_transaction_timeout. */
    record IdleTransactionTimeout(Duration limit) implements Refusal {}

    /** transaction_timeout. */
    record TransactionTimeout(Duration limit) implements Refusal {}

    /** query_timeout: the query ran too long, and its server connection is closed. */
    record QueryTimeout(Duration limit) implements Refusal {}

    /** A cancel request reached a client that waited for a server. The session goes on. */
    record QueryCanceled() implements Refusal {}

    /** Bytes that are no message, or none in this state. The message goes to the client. */
    record ProtocolViolated(String message) implements Refusal {}

    /** A cancel request whose key is no key: like every cancel request it gets no answer. */
    record MalformedCancelRequest(String message) implements Refusal {}

    /** Something of PostgreSQL that does not work through the gateway. The message goes to the client. */
    record FeatureNotSupported(String message) implements Refusal {}

    /** A startup parameter or option with no meaning. The message goes to the client. */
    record InvalidStartupParameter(String message) implements Refusal {}

    /** A bug of ours; the cause is in the log. */
    record Internal(String cause) implements Refusal {}

    /** A stable label for logs and metrics. */
    default String reason() {
        return switch (this) {
            case UnknownDatabase ignored -> "unknown_database";
            case UnknownUser ignored -> "unknown_user";
            case BadPassword ignored -> "bad_password";
            case UserNameMissing ignored -> "user_name_missing";
            case TlsRequired ignored -> "tls_required";
            case TlsNotAvailable ignored -> "tls_not_available";
            case AccessDenied ignored -> "access_denied";
            case LoginThrottled ignored -> "login_throttled";
            case SuperuserRefused ignored -> "superuser_refused";
            case RouteContradiction ignored -> "route_contradiction";
            case TooManyClients ignored -> "too_many_clients";
            case PoolExhausted ignored -> "pool_exhausted";
            case QueryWaitTimeout ignored -> "query_wait_timeout";
            case ServerUnreachable ignored -> "server_unreachable";
            case NoTargetServer ignored -> "no_target_server";
            case ReplicationRefused ignored -> "replication_refused";
            case ServerStarting ignored -> "server_starting";
            case ServerLoginFailed ignored -> "server_login_failed";
            case ServerLost ignored -> "server_lost";
            case CredentialUnavailable ignored -> "credential_unavailable";
            case CredentialEnded ignored -> "credential_ended";
            case ShuttingDown ignored -> "shutting_down";
            case SessionStateLeft ignored -> "session_state_left";
            case SessionStateUnknown ignored -> "session_state_unknown";
            case StartupSettingsLost ignored -> "startup_settings_lost";
            case ListenerLost ignored -> "listener_lost";
            case Killed ignored -> "killed";
            case DatabaseDisabled ignored -> "database_disabled";
            case ServerReplaced ignored -> "server_replaced";
            case RouteRemoved ignored -> "route_removed";
            case LoginTimeout ignored -> "login_timeout";
            case ClientIdleTimeout ignored -> "client_idle_timeout";
            case IdleTransactionTimeout ignored -> "idle_transaction_timeout";
            case TransactionTimeout ignored -> "transaction_timeout";
            case QueryTimeout ignored -> "query_timeout";
            case QueryCanceled ignored -> "query_canceled";
            case ProtocolViolated ignored -> "protocol_violation";
            case MalformedCancelRequest ignored -> "malformed_cancel_request";
            case FeatureNotSupported ignored -> "feature_not_supported";
            case InvalidStartupParameter ignored -> "invalid_startup_parameter";
            case Internal ignored -> "internal";
        };
    }
}

package dev.postern.gateway.admin;

/**
 * Every metric of the gateway's own. Times are in seconds, sizes in bytes; a counter's name is written with {@code _total}
 * at its end. docs/operations.md lists them all, and a test holds it to that.
 */
enum Metric {
    BUILD(Kind.GAUGE, "postern_build_info", "Always 1; the version is in the labels."),
    START(Kind.GAUGE, "postern_start_time_seconds", "When the gateway began, in seconds since 1970."),
    READY(Kind.GAUGE, "postern_ready", "1 while new clients are welcome, 0 from the beginning of a drain."),

    CLIENTS_OPEN(Kind.GAUGE, "postern_clients_open", "Client connections, logged in or not."),
    CLIENTS_LOGGED_IN(Kind.GAUGE, "postern_clients_logged_in", "Clients that are logged in."),
    CLIENTS_LIMIT(Kind.GAUGE, "postern_clients_limit", "limits.maxClientConn."),
    BEFORE_LOGIN(Kind.GAUGE, "postern_clients_before_login", "Client connections that are not logged in."),
    BEFORE_LOGIN_LIMIT(Kind.GAUGE, "postern_clients_before_login_limit", "limits.maxConnBeforeLogin."),
    ACCEPTED(Kind.COUNTER, "postern_client_connections_accepted", "Client connections accepted."),
    LOGINS(Kind.COUNTER, "postern_client_logins", "Logins that succeeded."),
    REFUSALS(Kind.COUNTER, "postern_client_refusals", "Logins refused and sessions ended by the gateway, by reason."),
    CANCELS(Kind.COUNTER, "postern_cancel_requests", "Cancel requests received."),

    HANDSHAKES(Kind.GAUGE, "postern_tls_handshakes", "TLS handshakes of clients by state: under_way, waiting."),
    DELAYED(Kind.COUNTER, "postern_logins_delayed", "Logins that had to pause after failed ones."),

    POOL_CLIENTS(Kind.GAUGE, "postern_pool_clients", "Clients of the pool that are logged in."),
    POOL_CLIENTS_ACTIVE(Kind.GAUGE, "postern_pool_clients_active", "Clients that have a server connection."),
    POOL_CLIENTS_PINNED(
            Kind.GAUGE,
            "postern_pool_clients_pinned",
            "Clients that keep their server connection in transaction mode, see pool.pinOnSessionState."),
    POOL_CLIENTS_LISTENING(
            Kind.GAUGE,
            "postern_pool_clients_listening",
            "Clients in transaction mode that LISTEN; one server connection of the pool does it for all."),
    POOL_CLIENTS_WAITING(Kind.GAUGE, "postern_pool_clients_waiting", "Clients that wait for a server connection."),
    POOL_LONGEST_WAIT(
            Kind.GAUGE, "postern_pool_longest_wait_seconds", "How long the client that waits longest has waited."),
    POOL_SIZE(Kind.GAUGE, "postern_pool_size", "pool.defaultPoolSize."),
    POOL_SERVERS(Kind.GAUGE, "postern_pool_servers", "Server connections by state: active, idle, tested, opening."),
    CHECKOUTS(Kind.COUNTER, "postern_pool_checkouts", "Server connections lent to clients."),
    WAIT_TIME(Kind.COUNTER, "postern_pool_wait_seconds", "Time that clients waited for a server connection."),
    SERVERS_OPENED(Kind.COUNTER, "postern_server_opened", "Server connections opened."),
    SERVER_FAILURES(Kind.COUNTER, "postern_server_failures", "Server connections that could not be opened, by reason."),
    SERVERS_CLOSED(Kind.COUNTER, "postern_server_closed", "Server connections closed, by reason."),

    TRANSACTIONS(Kind.COUNTER, "postern_transactions", "Transactions."),
    QUERIES(Kind.COUNTER, "postern_queries", "Queries, or pipelines up to a Sync."),
    TRANSACTION_TIME(Kind.COUNTER, "postern_transaction_seconds", "Time in transactions."),
    QUERY_TIME(Kind.COUNTER, "postern_query_seconds", "Time in queries."),
    RECEIVED(Kind.COUNTER, "postern_client_received_bytes", "Bytes of sessions from clients, without TLS."),
    SENT(Kind.COUNTER, "postern_client_sent_bytes", "Bytes from servers to clients, without TLS."),

    STATEMENTS(Kind.GAUGE, "postern_prepared_statements", "Distinct prepared statements that the pool knows."),
    STATEMENT_BYTES(Kind.GAUGE, "postern_prepared_statements_bytes", "Bytes of their texts."),
    STATEMENT_MEMORY(
            Kind.GAUGE,
            "postern_prepared_statements_memory_bytes",
            "What the prepared statements of all clients and servers take, names and texts."),
    STATEMENT_MEMORY_LIMIT(
            Kind.GAUGE, "postern_prepared_statements_memory_limit_bytes", "limits.maxStatementMemory; 0: no limit."),
    CLIENT_PARSES(Kind.COUNTER, "postern_client_parses", "Parse messages from clients."),
    SERVER_PARSES(Kind.COUNTER, "postern_server_parses", "Parse messages to servers."),
    BINDS(Kind.COUNTER, "postern_binds", "Bind messages."),

    CREDENTIAL_STATE(
            Kind.GAUGE, "postern_credential_state", "1 for the state that the route's credential is in, 0 for others."),
    CREDENTIAL_GENERATION(
            Kind.GAUGE, "postern_credential_generation", "Number of the credential in use; 0 while there is none."),
    CREDENTIAL_LEFT(
            Kind.GAUGE,
            "postern_credential_left_seconds",
            "Time to the end of the credential, negative when overdue; absent when nothing ends."),
    CREDENTIAL_RETIRING(
            Kind.GAUGE, "postern_credential_retiring", "Replaced credentials that server connections still stand on."),
    CREDENTIAL_ROTATION(
            Kind.GAUGE,
            "postern_credential_last_rotation_timestamp_seconds",
            "When the credential in use began, as Unix time; absent while there was none."),
    CREDENTIAL_ERROR(
            Kind.GAUGE,
            "postern_credential_last_error_timestamp_seconds",
            "When the route's credential last failed, as Unix time; absent when it never did. The text is in the console."),

    CERTIFICATE_END(
            Kind.GAUGE,
            "postern_certificate_not_after_seconds",
            "When the listener's certificate ends, in seconds since 1970."),

    LOOP_LAG(
            Kind.GAUGE,
            "postern_event_loop_lag_seconds",
            "The latest the event loop was with its periodic work in the last half minute."),
    LOG_DROPPED(
            Kind.COUNTER,
            "postern_log_events_dropped",
            "Events that were dropped because whoever takes the log is too slow."),
    BUFFERS(Kind.GAUGE, "postern_buffer_memory_bytes", "Memory of the network buffers outside of the heap.");

    /** What Prometheus tells apart. */
    enum Kind {
        GAUGE,
        COUNTER
    }

    private final Kind kind;
    private final String base;
    private final String help;

    Metric(Kind kind, String base, String help) {
        this.kind = kind;
        this.base = base;
        this.help = help;
    }

    Kind kind() {
        return kind;
    }

    /** Without {@code _total}, which the format adds. */
    String base() {
        return base;
    }

    String help() {
        return help;
    }

    /** As it is scraped. */
    String scrapedName() {
        return kind == Kind.COUNTER ? base + "_total" : base;
    }
}

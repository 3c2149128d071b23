package dev.postern.gateway.pgbouncer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keys of [pgbouncer] with nothing behind them here, and why that is right or what there is instead. */
final class NeedlessKeys {
    private static final Map<String, String> WHY = new LinkedHashMap<>();

    static {
        of(
                "the log goes to standard error; what is done with it is the service manager's business",
                "logfile",
                "syslog",
                "syslog_ident",
                "syslog_facility");
        of("is always logged, as events", "log_connections", "log_disconnections", "log_pooler_errors");
        of("no statistics in the log; they are at /metrics and on the console", "log_stats");
        of(
                "who runs the process is the service manager's business",
                "pidfile",
                "user",
                "job_name",
                "service_name",
                "conffile");
        of(
                "there are no such buffers to tune",
                "pkt_buf",
                "sbuf_loopcnt",
                "tcp_socket_buffer",
                "tcp_defer_accept",
                "listen_backlog");
        of("messages up to PostgreSQL's own limit pass in bounded memory", "max_packet_size");
        of("one process uses all processors", "so_reuseport", "peer_id");
        of("startup parameters are carried to the server, and need not be ignored", "ignore_startup_parameters");
        of("every parameter that a client sets is tracked", "track_extra_parameters");
        of("secrets are made by the server, not here", "scram_iterations");
        of("a name that was not found is asked for again at once", "dns_nxdomain_ttl");
        of("zones are not watched; addresses are looked up again after dns_max_ttl", "dns_zone_check_period");
        of("names are resolved as the system has it", "resolv_conf");
        of("SUSPEND answers when everything is flushed", "suspend_timeout");
        of("there is no key exchange by finite fields", "client_tls_dheparams");
        of("the suites of TLS 1.3 are fixed", "client_tls13_ciphers", "server_tls13_ciphers");
        of("TLS 1.2 and 1.3 with the library's suites", "server_tls_protocols", "server_tls_ciphers");
    }

    private NeedlessKeys() {}

    private static void of(String why, String... keys) {
        List.of(keys).forEach(key -> WHY.put(key, why));
    }

    static Optional<String> why(String key) {
        return Optional.ofNullable(WHY.get(key));
    }
}

package dev.postern.gateway.protocol;

/**
 * Keys of the log's events: the same thing has the same key everywhere. docs/operations.md lists the events with theirs.
 */
public final class LogKeys {
    /** Address and port of a client. */
    public static final String CLIENT = "client";
    /** A listener's name. */
    public static final String LISTENER = "listener";
    /** Host and port of a PostgreSQL server. */
    public static final String SERVER = "server";
    /** As the client asked for it; with {@link #SERVER}: on that server. */
    public static final String DATABASE = "database";
    /** The name under which the client logs in. */
    public static final String USER = "user";

    public static final String ROUTE = "route";
    public static final String SQLSTATE = "sqlstate";
    /** A word of a closed set, the one that the metrics have. */
    public static final String REASON = "reason";
    /** The reason in words, with names and addresses: for operators alone. */
    public static final String DETAIL = "detail";
    /** How the client proved who it is. */
    public static final String METHOD = "method";
    /** The protocol, or {@code none}. */
    public static final String TLS = "tls";
    /** The TLS cipher suite; empty without TLS. */
    public static final String CIPHER = "cipher";
    /** Where the connection comes from, when that is a trusted proxy and {@link #CLIENT} is behind it. */
    public static final String PROXY = "proxy";
    /** What else the proxy said: TLVs of the PROXY protocol. */
    public static final String PROXY_FIELDS = "proxy_fields";
    /** Whether the client's role is known as a superuser or has REPLICATION. */
    public static final String SUPERUSER = "superuser";
    /** Process id of the server's backend. */
    public static final String PID = "pid";
    /** Number of the credential that opened a server connection. */
    public static final String GENERATION = "generation";
    /** An address to listen on. */
    public static final String ADDRESS = "address";

    public static final String LISTENERS = "listeners";
    public static final String ROUTES = "routes";
    public static final String CLIENTS = "clients";
    public static final String TRANSPORT = "transport";
    public static final String VERSION = "version";
    /** What made it happen. */
    public static final String CAUSE = "cause";
    /** A problem of the configuration, or how many there are. */
    public static final String PROBLEM = "problem";

    public static final String PROBLEMS = "problems";
    /** A part of the configuration. */
    public static final String KEY = "key";

    private LogKeys() {}
}

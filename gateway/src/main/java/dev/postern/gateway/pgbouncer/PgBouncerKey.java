package dev.postern.gateway.pgbouncer;

import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.LoggingConfig;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** The keys of PgBouncer's section {@code [pgbouncer]} that have an equivalent here which a number or a word says whole. */
public enum PgBouncerKey {
    ADMIN_USERS("admin.consoleUsers", Kind.NAMES, config -> config.admin().consoleUsers()),
    APPLICATION_NAME_ADD_HOST(
            "pool.applicationNameAddHost", Kind.FLAG, config -> config.pool().applicationNameAddHost()),
    AUTODB_IDLE_TIMEOUT(
            "pool.autodbIdleTimeout", Kind.SECONDS, config -> config.pool().autodbIdleTimeout()),
    CANCEL_WAIT_TIMEOUT(
            "pool.cancelWaitTimeout", Kind.SECONDS, config -> config.pool().cancelWaitTimeout()),
    CLIENT_IDLE_TIMEOUT(
            "timeouts.clientIdleTimeout",
            Kind.SECONDS,
            config -> config.timeouts().clientIdleTimeout()),
    CLIENT_LOGIN_TIMEOUT(
            "timeouts.clientLoginTimeout",
            Kind.SECONDS,
            false,
            config -> config.timeouts().clientLoginTimeout()),
    DEFAULT_POOL_SIZE(
            "pool.defaultPoolSize", Kind.NUMBER, config -> config.pool().defaultPoolSize()),
    DISABLE_PQEXEC("pool.disablePqexec", Kind.FLAG, config -> config.pool().disablePqexec()),
    IDLE_TRANSACTION_TIMEOUT(
            "timeouts.idleTransactionTimeout",
            Kind.SECONDS,
            config -> config.timeouts().idleTransactionTimeout()),
    MAX_CLIENT_CONN(
            "limits.maxClientConn", Kind.NUMBER, config -> config.limits().maxClientConn()),
    MAX_DB_CLIENT_CONNECTIONS(
            "limits.maxDbClientConnections",
            Kind.NUMBER,
            config -> config.limits().maxDbClientConnections()),
    MAX_DB_CONNECTIONS(
            "pool.maxDbConnections", Kind.NUMBER, config -> config.pool().maxDbConnections()),
    MAX_PREPARED_STATEMENTS(
            "pool.maxPreparedStatements", Kind.NUMBER, config -> config.pool().maxPreparedStatements()),
    MAX_USER_CLIENT_CONNECTIONS(
            "limits.maxUserClientConnections",
            Kind.NUMBER,
            config -> config.limits().maxUserClientConnections()),
    MAX_USER_CONNECTIONS(
            "pool.maxUserConnections", Kind.NUMBER, config -> config.pool().maxUserConnections()),
    MIN_POOL_SIZE("pool.minPoolSize", Kind.NUMBER, config -> config.pool().minPoolSize()),
    POOL_MODE("pool.mode", Kind.WORD, config -> config.pool().mode().keyword()),
    QUERY_TIMEOUT(
            "timeouts.queryTimeout", Kind.SECONDS, config -> config.timeouts().queryTimeout()),
    QUERY_WAIT_NOTIFY(
            "pool.queryWaitNotify", Kind.SECONDS, config -> config.pool().queryWaitNotify()),
    QUERY_WAIT_TIMEOUT(
            "pool.queryWaitTimeout", Kind.SECONDS, config -> config.pool().queryWaitTimeout()),
    RESERVE_POOL_SIZE(
            "pool.reservePoolSize", Kind.NUMBER, config -> config.pool().reservePoolSize()),
    RESERVE_POOL_TIMEOUT(
            "pool.reservePoolTimeout", Kind.SECONDS, config -> config.pool().reservePoolTimeout()),
    SERVER_CHECK_DELAY(
            "pool.serverCheckDelay", Kind.SECONDS, config -> config.pool().serverCheckDelay()),
    SERVER_CHECK_QUERY(
            "pool.serverCheckQuery", Kind.TEXT, config -> config.pool().serverCheckQuery()),
    SERVER_CONNECT_TIMEOUT(
            "pool.serverConnectTimeout", Kind.SECONDS, config -> config.pool().serverConnectTimeout()),
    SERVER_FAST_CLOSE("pool.serverFastClose", Kind.FLAG, config -> config.pool().serverFastClose()),
    SERVER_IDLE_TIMEOUT(
            "pool.serverIdleTimeout", Kind.SECONDS, config -> config.pool().serverIdleTimeout()),
    SERVER_LIFETIME("pool.serverLifetime", Kind.SECONDS, config -> config.pool().serverLifetime()),
    SERVER_LOGIN_RETRY(
            "pool.serverLoginRetry", Kind.SECONDS, config -> config.pool().serverLoginRetry()),
    SERVER_RESET_QUERY(
            "pool.serverResetQuery", Kind.TEXT, config -> config.pool().serverResetQuery()),
    SERVER_RESET_QUERY_ALWAYS(
            "pool.serverResetQueryAlways", Kind.FLAG, config -> config.pool().serverResetQueryAlways()),
    SERVER_ROUND_ROBIN(
            "pool.serverRoundRobin", Kind.FLAG, config -> config.pool().serverRoundRobin()),
    STATS_PERIOD("admin.statsPeriod", Kind.SECONDS, config -> config.admin().statsPeriod()),
    STATS_USERS("admin.statsUsers", Kind.NAMES, config -> config.admin().statsUsers()),
    TCP_KEEPALIVE(
            "network.tcpKeepalive", Kind.FLAG, false, config -> config.network().tcpKeepalive()),
    TCP_KEEPCNT(
            "network.tcpKeepcnt", Kind.NUMBER, false, config -> config.network().tcpKeepcnt()),
    TCP_KEEPIDLE(
            "network.tcpKeepidle",
            Kind.SECONDS,
            false,
            config -> config.network().tcpKeepidle()),
    TCP_KEEPINTVL(
            "network.tcpKeepintvl",
            Kind.SECONDS,
            false,
            config -> config.network().tcpKeepintvl()),
    TCP_USER_TIMEOUT(
            "network.tcpUserTimeout",
            Kind.MILLISECONDS,
            false,
            config -> config.network().tcpUserTimeout().toMillis()),
    TRANSACTION_TIMEOUT(
            "timeouts.transactionTimeout",
            Kind.SECONDS,
            config -> config.timeouts().transactionTimeout()),
    VERBOSE("logging.level", Kind.VERBOSITY, config -> config.logging().level());

    /** How PgBouncer writes the value. */
    public enum Kind {
        NUMBER,
        /** Seconds, perhaps with a fraction. */
        SECONDS,
        MILLISECONDS,
        /** 0 or 1. */
        FLAG,
        WORD,
        TEXT,
        /** Separated by commas. */
        NAMES,
        /** 0 for info, more for debug. */
        VERBOSITY
    }

    private final String path;
    private final Kind kind;
    private final boolean changeable;
    private final Function<GatewayConfig, Object> value;

    PgBouncerKey(String path, Kind kind, Function<GatewayConfig, Object> value) {
        this(path, kind, true, value);
    }

    PgBouncerKey(String path, Kind kind, boolean changeable, Function<GatewayConfig, Object> value) {
        this.path = path;
        this.kind = kind;
        this.changeable = changeable;
        this.value = value;
    }

    public static Optional<PgBouncerKey> find(String name) {
        for (PgBouncerKey key : values()) {
            if (key.key().equals(name.toLowerCase(Locale.ROOT))) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }

    /** As PgBouncer writes it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Where it stands in our file: two keys with a dot. */
    public String path() {
        return path;
    }

    /** Whether a reload puts a change in force. */
    public boolean changeable() {
        return changeable;
    }

    /** What is in force, as PgBouncer writes it. */
    public String value(GatewayConfig config) {
        return switch (value.apply(config)) {
            case Duration duration ->
                BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString();
            case Boolean flag -> flag ? "1" : "0";
            case List<?> names ->
                String.join(",", names.stream().map(Object::toString).toList());
            case LoggingConfig.Level level -> level == LoggingConfig.Level.DEBUG ? "1" : "0";
            case Object other -> other.toString();
        };
    }

    /**
     * PgBouncer's value as YAML of ours.
     *
     * @throws IllegalArgumentException whose message says what was expected
     */
    public String yaml(String text) {
        return switch (kind) {
            case NUMBER -> {
                if (!text.matches("[0-9]{1,9}")) {
                    throw new IllegalArgumentException("expected a whole number");
                }
                yield text;
            }
            case SECONDS -> seconds(text);
            case MILLISECONDS -> {
                if (!text.matches("[0-9]{1,9}")) {
                    throw new IllegalArgumentException("expected milliseconds");
                }
                yield text + "ms";
            }
            case FLAG -> {
                if (!text.matches("[01]")) {
                    throw new IllegalArgumentException("expected 0 or 1");
                }
                yield text.equals("1") ? "true" : "false";
            }
            case WORD -> word(text);
            case TEXT -> quoted(text.equals("<empty>") ? "" : text);
            case NAMES -> names(text);
            case VERBOSITY -> text.matches("0*") ? "info" : "debug";
        };
    }

    private static String word(String text) {
        if (!text.matches("[a-z]+")) {
            throw new IllegalArgumentException("expected a word");
        }
        return text;
    }

    /** Seconds with a fraction as a duration of ours. */
    public static String seconds(String text) {
        if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,6})?")) {
            throw new IllegalArgumentException("expected seconds");
        }
        long millis = new BigDecimal(text).movePointRight(3).longValue();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static String names(String text) {
        return java.util.Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .map(PgBouncerKey::quoted)
                .collect(java.util.stream.Collectors.joining(", ", "[", "]"));
    }

    /** A YAML text in double quotes, in which nothing stands for a variable of the environment. */
    public static String quoted(String raw) {
        String text = raw.replace("${", "$${");
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f) {
                out.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}

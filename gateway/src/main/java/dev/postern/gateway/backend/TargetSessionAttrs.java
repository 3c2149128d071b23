package dev.postern.gateway.backend;

import java.util.Map;
import java.util.Optional;

/**
 * Which of a backend's hosts will do, as libpq's {@code target_session_attrs} has it. Servers since PostgreSQL 14 say
 * during the login what has to be known; others are asked.
 */
public enum TargetSessionAttrs {
    ANY("any"),
    /** Takes writes: a primary whose transactions are not read-only by default. */
    READ_WRITE("read-write"),
    READ_ONLY("read-only"),
    PRIMARY("primary"),
    STANDBY("standby"),
    /** A standby, or any host where there is none. */
    PREFER_STANDBY("prefer-standby");

    static final String IN_HOT_STANDBY = "in_hot_standby";
    private static final String READ_ONLY_BY_DEFAULT = "default_transaction_read_only";

    private static final String IS_STANDBY = "pg_catalog.pg_is_in_recovery()";
    /** Not what a session has SET, but what it would begin with. */
    private static final String IS_READ_ONLY = IS_STANDBY
            + " OR (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = '" + READ_ONLY_BY_DEFAULT + "') = 'on'";

    private final String keyword;

    TargetSessionAttrs(String keyword) {
        this.keyword = keyword;
    }

    /** As it is written in a configuration. */
    public String keyword() {
        return keyword;
    }

    /** What a first look at the hosts is content with. */
    TargetSessionAttrs firstPass() {
        return this == PREFER_STANDBY ? STANDBY : this;
    }

    /** Whether a server that reported this will do; empty where it did not report enough. */
    Optional<Boolean> accepts(Map<String, String> reported) {
        Optional<Boolean> standby = isOn(reported, IN_HOT_STANDBY);
        Optional<Boolean> readOnly = isOn(reported, READ_ONLY_BY_DEFAULT);
        return switch (this) {
            case ANY, PREFER_STANDBY -> Optional.of(true);
            case PRIMARY -> standby.map(is -> !is);
            case STANDBY -> standby;
            case READ_WRITE -> standby.flatMap(is -> readOnly.map(also -> !is && !also));
            case READ_ONLY -> standby.flatMap(is -> readOnly.map(also -> is || also));
        };
    }

    private static Optional<Boolean> isOn(Map<String, String> reported, String name) {
        return Optional.ofNullable(reported.get(name)).map("on"::equals);
    }

    /** A query with one row of one column: {@code t} where the server will do. Not for ANY and PREFER_STANDBY. */
    String question() {
        return "SELECT " + condition();
    }

    /** A query that fails where the server does not do, and says nothing else. Not for ANY and PREFER_STANDBY. */
    String check() {
        return "SELECT 1 / (CASE WHEN " + condition() + " THEN 1 ELSE 0 END)";
    }

    private String condition() {
        return switch (this) {
            case PRIMARY -> "NOT " + IS_STANDBY;
            case STANDBY -> IS_STANDBY;
            case READ_WRITE -> "NOT (" + IS_READ_ONLY + ")";
            case READ_ONLY -> "(" + IS_READ_ONLY + ")";
            case ANY, PREFER_STANDBY -> "true";
        };
    }

    /** Whether a statement that a server refuses as read-only tells something of the server. */
    boolean wantsWrites() {
        return this == READ_WRITE || this == PRIMARY;
    }
}

package dev.postern.gateway.console;

/** The version of PgBouncer whose console this is. */
public final class ConsoleVersion {
    public static final String PGBOUNCER = "1.25.2";

    private ConsoleVersion() {}

    /** SHOW VERSION: what tools look for at the beginning, then who really answers. */
    public static String text(String postern) {
        return "PgBouncer " + PGBOUNCER + " (Postern " + postern + ")";
    }
}

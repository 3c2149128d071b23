package dev.postern.gateway.it.harness;

/**
 * A row of pg_stat_activity.
 *
 * @param state {@code active}, {@code idle}, {@code idle in transaction} ..., empty while the session is starting
 */
public record ServerSession(int pid, String role, String state, String applicationName, String query) {}

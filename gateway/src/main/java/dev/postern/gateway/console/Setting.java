package dev.postern.gateway.console;

/**
 * A row of SHOW CONFIG.
 *
 * @param key PgBouncer's name
 * @param value in force
 * @param defaultValue what it is when nobody says
 * @param changeable by SET or a reload, without a restart
 */
public record Setting(String key, String value, String defaultValue, boolean changeable) {}

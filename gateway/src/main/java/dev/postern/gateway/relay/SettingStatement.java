package dev.postern.gateway.relay;

import java.util.Map;

/** What a text does to the session's settings that is one plain SET or RESET and nothing more, see {@link SettingText}. */
sealed interface SettingStatement {
    /** Nothing that must be learned: it ends with its transaction, or the server reports it by itself. */
    record Passing() implements SettingStatement {}

    /**
     * Gives settings these values.
     *
     * @param values as {@code set_config} takes them
     */
    record Sets(Map<String, String> values) implements SettingStatement {}

    /** Takes a setting back to what the startup packet said: a RESET, or a SET to DEFAULT. */
    record Resets(String name) implements SettingStatement {}

    /** {@code RESET ALL}. */
    record ResetsAll() implements SettingStatement {}
}

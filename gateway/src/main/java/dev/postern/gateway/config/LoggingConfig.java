package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/**
 * What is logged and how.
 *
 * @param level least severe events that are logged; default {@code info}
 * @param format default {@code text}
 */
public record LoggingConfig(Level level, Format format) {
    static final LoggingConfig DEFAULTS = new LoggingConfig(Level.INFO, Format.TEXT);

    /** Severities. */
    public enum Level implements Keyword {
        ERROR("error"),
        WARN("warn"),
        INFO("info"),
        DEBUG("debug");

        private final String keyword;

        Level(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }

    /** How an event is written. */
    public enum Format implements Keyword {
        /** One line for people, {@code key=value}. */
        TEXT("text"),
        /** One JSON object a line. */
        JSON("json");

        private final String keyword;

        Format(String keyword) {
            this.keyword = keyword;
        }

        @Override
        public String keyword() {
            return keyword;
        }
    }
}

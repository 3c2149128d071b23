package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;
import java.util.Optional;

/**
 * What is logged and how.
 *
 * @param level least severe events that are logged; default {@code info}
 * @param format default {@code text}
 * @param auditFile where logins and refusals are written too, one JSON object a line, whatever level and format are; it is
 *     appended to, and made if it is not there
 */
public record LoggingConfig(Level level, Format format, Optional<String> auditFile) {
    static final LoggingConfig DEFAULTS = new LoggingConfig(Level.INFO, Format.TEXT);

    public LoggingConfig(Level level, Format format) {
        this(level, format, Optional.empty());
    }

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

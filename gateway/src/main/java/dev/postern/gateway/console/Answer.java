package dev.postern.gateway.console;

import dev.postern.gateway.protocol.ErrorField;
import java.util.List;

/** What a command came to. */
sealed interface Answer {
    /** A SHOW that has rows, perhaps none. */
    record Rows(Table table) implements Answer {}

    /** Done, with this command tag. */
    record Done(String tag) implements Answer {}

    /** Done, and the operator reads a notice. */
    record Noticed(List<ErrorField> notice, String tag) implements Answer {
        public Noticed {
            notice = List.copyOf(notice);
        }
    }

    /** Not done. The session goes on. */
    record Failed(String sqlState, String message) implements Answer {}

    /** The query was empty. */
    record Nothing() implements Answer {}

    /** Nothing is said: the process ends. */
    record Silence() implements Answer {}
}

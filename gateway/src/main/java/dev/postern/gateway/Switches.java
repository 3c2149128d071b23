package dev.postern.gateway;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What an operator has switched off at the console: outlives reloads, and counts for pools that are made later. Safe for
 * use by all threads.
 */
final class Switches {
    /** Of the whole gateway. */
    enum Mode {
        ACTIVE,
        PAUSED,
        SUSPENDED
    }

    /** A database of a route, by the name that clients have for it. */
    record Database(String route, String name) {}

    private final Set<Database> paused = ConcurrentHashMap.newKeySet();
    private final Set<Database> disabled = ConcurrentHashMap.newKeySet();
    private volatile Mode mode = Mode.ACTIVE;

    Mode mode() {
        return mode;
    }

    void mode(Mode next) {
        mode = next;
    }

    /** Its pool lends nothing. */
    boolean isPaused(Database database) {
        return mode == Mode.PAUSED || paused.contains(database);
    }

    /** It is paused by itself, whatever the others are. */
    Set<Database> paused() {
        return paused;
    }

    /** New clients are refused. */
    Set<Database> disabled() {
        return disabled;
    }
}

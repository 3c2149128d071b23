package dev.postern.gateway;

import dev.postern.gateway.console.ConsoleFailure;
import dev.postern.gateway.console.ConsolePort.Shutdown;
import dev.postern.gateway.protocol.SqlStates;

/** What the console asks of the process that the gateway runs in. Called on virtual threads. */
interface ProcessControl {
    /** Reads the configuration again. */
    void reload() throws ConsoleFailure;

    /** Changes a key of PgBouncer's name until the next reload. */
    void set(String key, String value) throws ConsoleFailure;

    /** Returns at once; the process ends when it may. */
    void shutdown(Shutdown mode) throws ConsoleFailure;

    /** Drains and ends, as SIGTERM does; nothing when that is under way. Returns at once. */
    void quit();

    /** For a gateway that was started without a file and a process of its own. */
    ProcessControl NONE = new ProcessControl() {
        @Override
        public void reload() throws ConsoleFailure {
            throw unavailable();
        }

        @Override
        public void set(String key, String value) throws ConsoleFailure {
            throw unavailable();
        }

        @Override
        public void shutdown(Shutdown mode) throws ConsoleFailure {
            throw unavailable();
        }

        @Override
        public void quit() {}

        private static ConsoleFailure unavailable() {
            return new ConsoleFailure(
                    SqlStates.FEATURE_NOT_SUPPORTED, "this gateway runs inside of another program, which controls it");
        }
    };
}

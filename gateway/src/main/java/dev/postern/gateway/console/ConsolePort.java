package dev.postern.gateway.console;

import dev.postern.gateway.config.UserConfig;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The gateway as the console sees it. Called on virtual threads, several at once; methods may wait. */
public interface ConsolePort {
    Snapshot snapshot();

    StatsPeriods periods();

    /** SHOW CONFIG, by key. */
    List<Setting> settings();

    /** For SHOW VERSION. */
    String version();

    /** {@code active}, {@code paused} or {@code suspended}. */
    String state();

    /** Whether it may look at things. */
    boolean isUser(String user);

    /** Whether it may change things, besides looking at them. */
    boolean isAdmin(String user);

    /** Every user that the configuration or a connection names. */
    List<User> users(Snapshot snapshot);

    /** @param givenUp the operator cancels or is gone: then it stops to wait */
    void pause(String database, BooleanSupplier givenUp) throws ConsoleFailure;

    void resume(String database) throws ConsoleFailure;

    void disable(String database) throws ConsoleFailure;

    void enable(String database) throws ConsoleFailure;

    void reconnect(String database) throws ConsoleFailure;

    void kill(String database) throws ConsoleFailure;

    void killClient(long id) throws ConsoleFailure;

    void waitClose(String database, BooleanSupplier givenUp) throws ConsoleFailure;

    void suspend(BooleanSupplier givenUp) throws ConsoleFailure;

    void reload() throws ConsoleFailure;

    void set(String key, String value) throws ConsoleFailure;

    void shutdown(Shutdown mode) throws ConsoleFailure;

    /** PgBouncer's forms of SHUTDOWN. */
    enum Shutdown {
        IMMEDIATE,
        WAIT_FOR_SERVERS,
        WAIT_FOR_CLIENTS
    }

    /**
     * A row of SHOW USERS.
     *
     * @param settings what the top level has for it alone
     * @param maxConnections most server connections; 0: no limit
     * @param maxClients most clients; 0: no limit
     */
    record User(
            String name, Optional<UserConfig> settings, int maxConnections, int servers, int maxClients, int clients) {}
}

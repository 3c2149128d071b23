package dev.postern.gateway.it.harness;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Looks at a database's sessions without pause: whose they are, since when, and how many there are at once. */
public final class RoleWatch implements AutoCloseable {
    private final PostgresServer postgres;
    private final String database;
    private final Thread thread;
    private final Map<String, Instant> firstSeen = new LinkedHashMap<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private int most;
    private volatile boolean going = true;

    private RoleWatch(PostgresServer postgres, String database) {
        this.postgres = postgres;
        this.database = database;
        this.thread = Thread.ofPlatform().daemon().name("role-watch").start(this::run);
    }

    public static RoleWatch start(PostgresServer postgres, String database) {
        return new RoleWatch(postgres, database);
    }

    /** Names of roles that sessions had, with the time of the first look that saw each. A dropped role has no name. */
    public synchronized Map<String, Instant> roles() {
        return new LinkedHashMap<>(firstSeen);
    }

    /** The most sessions that were there at once. */
    public synchronized int most() {
        return most;
    }

    public List<String> failures() {
        return failures;
    }

    private void run() {
        try (Connection admin = postgres.admin("postgres");
                Statement statement = admin.createStatement()) {
            while (going) {
                look(statement);
                Thread.sleep(10);
            }
        } catch (SQLException e) {
            failures.add(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Statement statement) throws SQLException {
        int count = 0;
        try (ResultSet rows = statement.executeQuery(
                "select coalesce(usename, ''), count(*) from pg_stat_activity where backend_type = 'client backend'"
                        + " and datname = '" + database + "' and usename is distinct from 'postgres' group by 1")) {
            while (rows.next()) {
                String role = rows.getString(1);
                count += rows.getInt(2);
                synchronized (this) {
                    if (!role.isEmpty()) {
                        firstSeen.putIfAbsent(role, Instant.now());
                    }
                }
            }
        }
        synchronized (this) {
            most = Math.max(most, count);
        }
    }

    @Override
    public void close() {
        going = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

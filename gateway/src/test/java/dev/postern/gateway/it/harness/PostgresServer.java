package dev.postern.gateway.it.harness;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A PostgreSQL server on 127.0.0.1 that a test may stop, start, freeze and kill. Its port stays the same for its whole
 * life. One thread at a time may change its state.
 */
public final class PostgresServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path binaries;
    private final Path home;
    private final Path data;
    private final int port;
    private Optional<Process> postmaster = Optional.empty();

    private PostgresServer(Path binaries, Path home, int port) {
        this.binaries = binaries;
        this.home = home;
        this.data = home.resolve("data");
        this.port = port;
    }

    /** Starts a new server with the certificate given; {@link PostgresServers} has the shared one. */
    static PostgresServer start(Certificates.KeyPairFiles certificate, String... settings) {
        return start(PostgresTemplate.shared(), certificate, settings);
    }

    static PostgresServer start(PostgresTemplate template, Certificates.KeyPairFiles certificate, String... settings) {
        PostgresServer server = new PostgresServer(template.binaries(), template.copy(), FreePorts.one());
        server.configure(certificate, settings);
        AtExit.run(server::killNow);
        server.start();
        return server;
    }

    /** A streaming standby of this server, which is stopped for a moment to be copied; the caller closes it. */
    public PostgresServer startStandby() {
        return startStandby(connectionString());
    }

    private String connectionString() {
        return "host=127.0.0.1 port=" + port + " user=postgres";
    }

    /** One that reaches it by this connection string, quotes in it doubled. */
    public PostgresServer startStandby(String primary) {
        stop();
        PostgresServer standby = new PostgresServer(binaries, PostgresTemplate.copyOf(data), FreePorts.one());
        start();
        AtExit.run(standby::killNow);
        standby.addSettings("port = " + standby.port);
        standby.startAsStandby(primary);
        return standby;
    }

    /** Starts a server that is down as a standby; it must have nothing that the primary lacks. */
    public void startAsStandbyOf(PostgresServer primary) {
        startAsStandby(primary.connectionString());
    }

    private void startAsStandby(String primary) {
        addSettings("primary_conninfo = '" + primary + "'");
        try {
            Files.writeString(data.resolve("standby.signal"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    /** Makes a primary of a standby; returns when it is one. */
    public void promote() {
        execute("postgres", "select pg_promote()");
    }

    /** A standby has all that the primary has written so far. */
    public void awaitCaughtUpWith(PostgresServer primary) {
        String written = primary.ask("postgres", "select pg_current_wal_lsn()");
        Awaitility.await("the standby catches up")
                .atMost(PATIENCE)
                .until(() -> ask("postgres", "select pg_last_wal_replay_lsn() >= '" + written + "'")
                        .equals("t"));
    }

    private void addSettings(String... settings) {
        Path file = data.resolve("postgresql.auto.conf");
        try {
            Files.writeString(file, Files.readString(file) + String.join("\n", settings) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void configure(Certificates.KeyPairFiles certificate, String... settings) {
        try {
            Files.writeString(data.resolve("postgresql.auto.conf"), """
                    port = %d
                    listen_addresses = '127.0.0.1'
                    unix_socket_directories = ''
                    max_connections = 150
                    shared_buffers = 32MB
                    fsync = off
                    full_page_writes = off
                    ssl = on
                    ssl_cert_file = '%s'
                    ssl_key_file = '%s'
                    log_min_messages = warning
                    log_line_prefix = '%%m [%%p] %%u@%%d '
                    """.formatted(
                            port, certificate.certificate(), certificate.key()));
            addSettings(settings);
            Files.writeString(data.resolve("pg_hba.conf"), """
                    host    all        postgres           127.0.0.1/32  trust
                    host    analytics  analytics_backend  127.0.0.1/32  md5
                    hostssl reports    reports_backend    127.0.0.1/32  password
                    host    all        all                127.0.0.1/32  scram-sha-256
                    host    replication  postgres         127.0.0.1/32  trust
                    host    replication  all              127.0.0.1/32  scram-sha-256
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** Puts rules before the others, and has the server read them and its settings again. */
    public void prependHba(String... rules) {
        Path file = home.resolve("data").resolve("pg_hba.conf");
        try {
            Files.writeString(file, String.join("\n", rules) + "\n" + Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        execute("postgres", "select pg_reload_conf()");
    }

    /** {@code 127.0.0.1:PORT}. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Starts the server and returns when it takes connections. */
    public void start() {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL refuses to run as root; in a user namespace of its own it is nobody.
            command.addAll(List.of("unshare", "-U"));
        }
        command.addAll(List.of(binaries.resolve("postgres").toString(), "-D", data.toString()));
        File log = home.resolve("postgres.log").toFile();
        try {
            postmaster = Optional.of(new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        awaitReady();
    }

    private void awaitReady() {
        Awaitility.await("PostgreSQL on port " + port)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(() -> {
                    try (Connection ignored = admin("postgres")) {
                        return true;
                    }
                });
    }

    /** Fast shutdown: sessions are ended with 57P01, open transactions are rolled back. Returns when it is down. */
    public void stop() {
        signal("INT");
        awaitExit();
    }

    /** The postmaster and all its backends die without a word; the next start recovers. */
    public void killNow() {
        postmaster.ifPresent(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            awaitExit();
        });
    }

    /** Stops every process of the server where it is: connections stay open and nobody answers. */
    public void freeze() {
        signalAll("STOP");
    }

    /** Undoes {@link #freeze}. */
    public void thaw() {
        signalAll("CONT");
    }

    /** SIGKILL for one backend; the postmaster then ends all others and recovers by itself. */
    public void killBackend(int pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    private void signal(String name) {
        postmaster.ifPresent(process -> kill(name, process.pid()));
    }

    private void signalAll(String name) {
        postmaster.ifPresent(process -> {
            kill(name, process.pid());
            process.descendants().forEach(child -> kill(name, child.pid()));
        });
    }

    private static void kill(String name, long pid) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitExit() {
        postmaster.ifPresent(process -> {
            try {
                if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IllegalStateException("PostgreSQL on port " + port + " does not end");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        postmaster = Optional.empty();
    }

    /** A superuser's connection that no gateway sees. */
    public Connection admin(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("sslmode", "disable");
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("ApplicationName", "test-admin");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, properties);
    }

    /** Runs statements as superuser. */
    public void execute(String database, String... statements) {
        try (Connection admin = admin(database);
                Statement statement = admin.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of the first row as text, asked as superuser. */
    public String ask(String database, String sql) {
        try (Connection admin = admin(database);
                Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of all rows as text, asked as superuser. */
    public List<String> column(String database, String sql) {
        List<String> values = new ArrayList<>();
        try (Connection admin = admin(database);
                Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What pg_stat_activity says of a database's client sessions, without those of {@link #admin}. */
    public List<ServerSession> sessions(String database) {
        List<ServerSession> sessions = new ArrayList<>();
        try (Connection admin = admin("postgres");
                Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery("""
                        select pid, usename, coalesce(state, ''), application_name, query from pg_stat_activity
                        where backend_type = 'client backend' and usename <> 'postgres' and datname = '%s' order by pid
                        """.formatted(database))) {
            while (rows.next()) {
                sessions.add(new ServerSession(
                        rows.getInt(1), rows.getString(2), rows.getString(3), rows.getString(4), rows.getString(5)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return sessions;
    }

    /** Process ids of the same. */
    public List<Integer> sessionPids(String database) {
        return sessions(database).stream().map(ServerSession::pid).toList();
    }

    /** SIGTERM for one backend, as pg_terminate_backend sends; returns at once. */
    public void terminate(int pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
    }

    /** Ends all client sessions of a database, as an administrator would. */
    public void terminateSessions(String database) {
        execute(
                "postgres",
                "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and"
                        + " usename <> 'postgres' and datname = '" + database + "'");
    }

    @Override
    public void close() {
        killNow();
        TemporaryFolders.deleteAll(home);
    }
}

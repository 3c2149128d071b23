package dev.postern.gateway.it.harness;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;

/**
 * A data directory with the test databases and roles, made once and copied for each server: copying is quicker than
 * initdb, and every server starts the same.
 *
 * <p>Databases: {@code orders}, {@code billing} (role with a SCRAM verifier), {@code analytics} (md5), {@code reports}
 * (cleartext password, inside TLS only). Each belongs to its backend role {@code NAME_backend}, password
 * {@code NAME-backend-secret}. The role {@code app}, password {@code app-secret}, is what a client without gateway uses.
 */
final class PostgresTemplate {
    /** The version on the class path. */
    private static final int USUAL_VERSION = 17;

    private static final PostgresTemplate SHARED = create(USUAL_VERSION);

    private final Path dataDirectory;
    private final Path binaries;

    private PostgresTemplate(Path dataDirectory, Path binaries) {
        this.dataDirectory = dataDirectory;
        this.binaries = binaries;
    }

    static PostgresTemplate shared() {
        return SHARED;
    }

    /** Makes one of another major version, whose binaries the build has laid beside the class path. */
    static PostgresTemplate ofVersion(int major) {
        return major == USUAL_VERSION ? SHARED : create(major);
    }

    /** The folder of {@code postgres} and {@code pg_ctl}. */
    Path binaries() {
        return binaries;
    }

    /** A new folder with a copy of the data directory as {@code data}. */
    Path copy() {
        return copyOf(dataDirectory);
    }

    /** The same of another server, which is down. */
    static Path copyOf(Path data) {
        Path home = TemporaryFolders.create("postgres");
        Path target = home.resolve("data");
        try {
            // Thousands of small files: a process that does nothing else is several times quicker than Files.copy.
            Process copy = new ProcessBuilder("cp", "-a", "--reflink=auto", data.toString(), target.toString())
                    .inheritIO()
                    .start();
            if (copy.waitFor() != 0) {
                throw new IllegalStateException("cannot copy " + data);
            }
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static PostgresTemplate create(int major) {
        Path work = Path.of("target", "it-postgres-" + major).toAbsolutePath();
        Path data = TemporaryFolders.create("template").resolve("data");
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        if (major != USUAL_VERSION) {
            builder.setPgBinaryResolver((system, machine) -> binariesOf(major));
        }
        try (EmbeddedPostgres postgres = builder.setOverrideWorkingDirectory(work.toFile())
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("fsync", "off")
                .start()) {
            try (Connection admin = postgres.getPostgresDatabase().getConnection();
                    Statement statement = admin.createStatement()) {
                populate(statement);
            }
            for (String database : Tenant.DATABASES) {
                try (Connection admin =
                                postgres.getDatabase("postgres", database).getConnection();
                        Statement statement = admin.createStatement()) {
                    statement.execute("grant create on schema public to public");
                }
            }
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("embedded PostgreSQL does not start", e);
        }
        return new PostgresTemplate(data, findBinaries(work));
    }

    private static void populate(Statement statement) throws SQLException {
        statement.execute("set password_encryption = 'scram-sha-256'");
        statement.execute("create role app login password 'app-secret'");
        for (String database : Tenant.DATABASES) {
            statement.execute(
                    "set password_encryption = '" + (database.equals("analytics") ? "md5" : "scram-sha-256") + "'");
            statement.execute(
                    "create role %s_backend login password '%s-backend-secret'".formatted(database, database));
            statement.execute("create database %s owner %s_backend".formatted(database, database));
            // Two strangers of one tenant must see the same tables with and without the gateway.
            statement.execute("grant %s_backend to app".formatted(database));
        }
    }

    private static InputStream binariesOf(int major) throws IOException {
        Path jar = Path.of("target", "postgres-versions", major + ".jar");
        try (FileSystem files = FileSystems.newFileSystem(jar);
                Stream<Path> entries = Files.list(files.getPath("/"))) {
            Path archive = entries.filter(entry -> entry.toString().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow();
            return new ByteArrayInputStream(Files.readAllBytes(archive));
        }
    }

    private static Path findBinaries(Path work) {
        try (Stream<Path> paths = Files.find(work, 3, (path, facts) -> path.endsWith("bin"))) {
            return paths.findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.postern.demo;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A throw-away PostgreSQL server on a free port of 127.0.0.1: TLS only, SCRAM only, no Unix socket, and no password for
 * its superuser, so that nobody can log in as one. Not durable on purpose. {@link PostmasterWatch} stops it.
 *
 * @param port where it listens
 */
record PostgresServer(int port) {
    private static final int PORT_ATTEMPTS = 3;

    private static final String HBA = """
            # TLS and a password for everybody; nothing else.
            hostssl all all 127.0.0.1/32 scram-sha-256
            """;

    private static final String SETTINGS = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            ssl = on
            ssl_cert_file = 'server.crt'
            ssl_key_file = 'server.key'
            password_encryption = 'scram-sha-256'
            max_connections = 60
            shared_buffers = 32MB
            fsync = off
            synchronous_commit = off
            full_page_writes = off
            """;

    /**
     * Makes a server with its tenants and starts it; takes about two seconds.
     *
     * @param data a folder that does not exist yet
     * @param certificate what it presents
     */
    static PostgresServer start(PostgresPrograms programs, Path data, X509Bundle certificate, List<Tenant> tenants)
            throws IOException, InterruptedException, DemoFailure {
        programs.run(
                "initdb",
                "--pgdata=" + data,
                "--username=postgres",
                "--auth=reject",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync");
        PrivateFiles.write(data.resolve("pg_hba.conf"), HBA);
        PrivateFiles.write(data.resolve("server.crt"), certificate.getCertificatePathPEM());
        PrivateFiles.write(data.resolve("server.key"), certificate.getPrivateKeyPEM());
        Files.writeString(data.resolve("postgresql.conf"), SETTINGS, StandardOpenOption.APPEND);
        programs.account().own(data);

        for (Tenant tenant : tenants) {
            singleUser(programs, data, "postgres", SampleData.create(tenant));
            singleUser(programs, data, tenant.database(), SampleData.fill(tenant));
        }
        return listen(programs, data);
    }

    /** Statements as superuser in a server that nobody can connect to. */
    private static void singleUser(PostgresPrograms programs, Path data, String database, List<String> statements)
            throws IOException, InterruptedException, DemoFailure {
        programs.runWithInput(
                // With -j a statement ends at a semicolon and an empty line.
                String.join(";\n\n", statements) + ";\n\n",
                "postgres",
                "--single",
                "-j",
                "-D",
                data.toString(),
                "-c",
                "exit_on_error=true",
                "-c",
                "log_min_error_statement=panic", // the statements have passwords
                database);
    }

    private static PostgresServer listen(PostgresPrograms programs, Path data)
            throws IOException, InterruptedException, DemoFailure {
        for (int attempt = 1; ; attempt++) {
            int port = freePort();
            try {
                programs.run(
                        "pg_ctl",
                        "--pgdata=" + data,
                        "--log=" + data + ".log",
                        "--options=-p " + port,
                        "--timeout=60",
                        "--wait",
                        "--silent",
                        "start");
                return new PostgresServer(port);
            } catch (DemoFailure mayBeTaken) {
                // Somebody may have taken the port between our look and the server's.
                if (attempt == PORT_ATTEMPTS) {
                    throw mayBeTaken;
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PingCommandTest {
    @Test
    void findsAListenerAliveWhateverItSaysOfTls() throws Exception {
        assertThat(pingListener("S")).isEqualTo(new CommandRun(0, "LISTENER answers, with TLS\n", ""));
        assertThat(pingListener("N")).isEqualTo(new CommandRun(0, "LISTENER answers, without TLS\n", ""));
    }

    @Test
    void findsNoPostgresBehindAnotherAnswer() throws Exception {
        assertThat(pingListener("H"))
                .isEqualTo(
                        new CommandRun(1, "", "postern: LISTENER answered with byte 72, which PostgreSQL does not\n"));
        assertThat(pingListener(""))
                .isEqualTo(new CommandRun(1, "", "postern: LISTENER closed the connection without an answer\n"));
    }

    @Test
    void doesNotWaitForEver() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandRun run = CommandRun.of("ping", "127.0.0.1:" + silent.getLocalPort(), "--timeout", "0.2");
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err()).endsWith(" did not answer within 200 ms\n");
        }
    }

    @Test
    void findsNobodyOnAFreePort() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        CommandRun run = CommandRun.of("ping", "127.0.0.1:" + port);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("postern: 127.0.0.1:" + port + ": Connection refused\n");
    }

    @Test
    void asksTheHealthOfAnAdminServer() throws Exception {
        assertThat(pingAdmin(200).status()).isZero();
        CommandRun stuck = pingAdmin(503);
        assertThat(stuck.status()).isEqualTo(1);
        assertThat(stuck.err()).endsWith("/healthz answered with status 503\n");
    }

    @Test
    void takesTheAddressFromAConfiguration(@TempDir Path folder) throws Exception {
        HttpServer admin = admin(200);
        try {
            Path file = folder.resolve("postern.yaml");
            Files.writeString(file, """
                    listeners: [{name: public, address: "127.0.0.1:1", tls: {mode: disable}}]
                    admin: {address: "0.0.0.0:%d"}
                    routes:
                      - name: orders
                        match: {databases: [orders]}
                        backend: {hosts: [localhost], tls: {mode: disable}}
                        clientAuth: {trust: {}}
                        credentials: {static: {user: postgres}}
                    """.formatted(admin.getAddress().getPort()));
            CommandRun run = CommandRun.of("ping", "--config", file.toString());
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isZero();
        } finally {
            admin.stop(0);
        }
    }

    @Test
    void refusesWrongUsage() {
        assertThat(CommandRun.of("ping").status()).isEqualTo(2);
        assertThat(CommandRun.of("ping", "localhost").status()).isEqualTo(2);
        assertThat(CommandRun.of("ping", "localhost:5432", "--timeout", "0").status())
                .isEqualTo(2);
        assertThat(CommandRun.of("ping", "--admin", "https://localhost:1").status())
                .isEqualTo(1);
    }

    private static CommandRun pingAdmin(int status) throws IOException {
        HttpServer admin = admin(status);
        try {
            return CommandRun.of(
                    "ping", "--admin", "http://127.0.0.1:" + admin.getAddress().getPort());
        } finally {
            admin.stop(0);
        }
    }

    private static HttpServer admin(int status) throws IOException {
        HttpServer admin = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        admin.createContext("/", exchange -> {
            boolean health = exchange.getRequestURI().getPath().equals("/healthz");
            exchange.sendResponseHeaders(health ? status : 404, -1);
            exchange.close();
        });
        admin.start();
        return admin;
    }

    /** The listener reads an SSLRequest and gives this answer; its address is replaced by LISTENER. */
    private static CommandRun pingListener(String answer) throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread listener = Thread.startVirtualThread(() -> {
                try (Socket client = socket.accept()) {
                    byte[] request = client.getInputStream().readNBytes(8);
                    if (new java.math.BigInteger(request).longValue() == (8L << 32 | 80877103)) {
                        client.getOutputStream().write(answer.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            String address = "127.0.0.1:" + socket.getLocalPort();
            CommandRun run = CommandRun.of("ping", address);
            listener.join();
            return new CommandRun(
                    run.status(),
                    run.out().replace(address, "LISTENER"),
                    run.err().replace(address, "LISTENER"));
        }
    }
}

package dev.postern.gateway.admin;

import com.sun.net.httpserver.HttpServer;
import dev.postern.gateway.config.ListenAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * {@code /healthz}, {@code /readyz}, {@code /metrics} and a status page on {@code admin.address}: plain HTTP without a
 * login. Requests run on virtual threads and touch no event loop but through {@link GatewayPort}.
 */
public final class AdminServer implements AutoCloseable {
    private static final int BACKLOG = 32;

    /** Limits of the JDK's server; seconds where it is a time. Each is asked for by the property of its name. */
    private static final Map<String, String> LIMITS = Map.of(
            "jdk.httpserver.maxConnections", "64",
            "sun.net.httpserver.maxIdleConnections", "16",
            "sun.net.httpserver.idleInterval", "30",
            "sun.net.httpserver.maxReqTime", "10",
            "sun.net.httpserver.maxRspTime", "30",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", "16384",
            "sun.net.httpserver.nodelay", "true");

    private final HttpServer server;
    private final ExecutorService threads;

    private AdminServer(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * Starts; when this returns, it answers.
     *
     * @throws IOException when the address cannot be had
     */
    public static AdminServer start(ListenAddress address, GatewayPort gateway) throws IOException {
        LIMITS.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
        HttpServer server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), BACKLOG);
        ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("admin-", 0).factory());
        server.setExecutor(threads);
        server.createContext("/", new AdminHandler(gateway));
        server.start();
        return new AdminServer(server, threads);
    }

    /** The port it listens on, where 0 was asked for. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Ends at once. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

package dev.postern.gateway.it.harness;

import dev.postern.gateway.config.GatewayConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Placeholder until the data plane is there. */
final class GatewayHandle {
    static final boolean AVAILABLE = false;

    private GatewayHandle() {}

    static GatewayHandle start(GatewayConfig config) {
        throw new IllegalStateException("no data plane to start with " + config.listeners());
    }

    void reload(GatewayConfig config) {
        throw new IllegalStateException("no data plane to reload " + config.listeners());
    }

    CompletableFuture<Void> drain(Duration limit) {
        throw new IllegalStateException("no data plane to drain within " + limit);
    }

    int clients() {
        return 0;
    }

    int waitingClients() {
        return 0;
    }

    int activeServers() {
        return 0;
    }

    int servers(String route) {
        return route.length();
    }

    void close() {}
}

package dev.postern.gateway.it.harness;

import dev.postern.gateway.Gateway;
import dev.postern.gateway.GatewayViews;
import dev.postern.gateway.StartFailure;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.pool.PoolView;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The product's side of {@link GatewayFixture}: the one place of the harness that knows its classes. */
final class GatewayHandle {
    private static final Executor VIRTUAL = Thread::startVirtualThread;

    private final Gateway gateway;

    private GatewayHandle(Gateway gateway) {
        this.gateway = gateway;
    }

    static GatewayHandle start(GatewayConfig config) {
        try {
            return new GatewayHandle(Gateway.start(config));
        } catch (StartFailure e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    void reload(GatewayConfig config) {
        try {
            gateway.reload(config);
        } catch (StartFailure e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    CompletableFuture<Void> drain(Duration limit) {
        return CompletableFuture.runAsync(() -> gateway.drain(Duration.ZERO, limit), VIRTUAL);
    }

    boolean isReady() {
        return gateway.isReady();
    }

    /** Connections, logged in or not. */
    int clients() {
        return gateway.clients().open();
    }

    dev.postern.tls.Handshakes handshakes() {
        return GatewayViews.handshakes(gateway);
    }

    int waitingClients() {
        return GatewayViews.all(gateway).stream().mapToInt(PoolView::waiting).sum();
    }

    int activeServers() {
        return GatewayViews.all(gateway).stream().mapToInt(PoolView::active).sum();
    }

    int servers(String route) {
        return GatewayViews.ofRoute(gateway, route).stream()
                .mapToInt(PoolView::servers)
                .sum();
    }

    java.util.List<String> poolNames(String route) {
        return GatewayViews.poolNames(gateway, route);
    }

    int sharedLimits() {
        return GatewayViews.sharedLimits(gateway);
    }

    void close() {
        gateway.close();
    }
}

package dev.postern.gateway;

import dev.postern.gateway.frontend.SessionPool;
import dev.postern.gateway.pool.PoolView;
import dev.postern.routing.RouteEntry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** Lets integration tests see into a gateway's pools: each is asked on its own loop. */
public final class GatewayViews {
    private GatewayViews() {}

    /** One for each pool of a route that was used so far. */
    public static List<PoolView> ofRoute(Gateway gateway, String route) {
        return of(gateway, entry -> entry.name().equals(route));
    }

    public static dev.postern.tls.Handshakes handshakes(Gateway gateway) {
        return gateway.handshakes();
    }

    /** As the status page has them. */
    public static List<String> poolNames(Gateway gateway, String route) {
        return gateway.routes().table().entries().stream()
                .filter(entry -> entry.name().equals(route))
                .flatMap(entry -> entry.target().pools().keySet().stream())
                .map(Object::toString)
                .toList();
    }

    /** Limits that pools share, as long as there are such pools. */
    public static int sharedLimits(Gateway gateway) {
        return gateway.services().limits().size();
    }

    /** One for each pool. */
    public static List<PoolView> all(Gateway gateway) {
        return of(gateway, entry -> true);
    }

    private static List<PoolView> of(Gateway gateway, java.util.function.Predicate<RouteEntry<RouteRuntime>> wanted) {
        return gateway.routes().table().entries().stream()
                .filter(wanted)
                .flatMap(entry -> entry.target().pools().values().stream())
                .flatMap(place -> ask(place).stream())
                .toList();
    }

    private static Optional<PoolView> ask(RouteRuntime.DatabasePool place) {
        try {
            return place.loop()
                    .submit(() -> place.pool().map(SessionPool::servers).map(servers -> servers.view()))
                    .get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}

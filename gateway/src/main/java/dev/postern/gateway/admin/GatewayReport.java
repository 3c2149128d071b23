package dev.postern.gateway.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The gateway at one moment.
 *
 * @param startedAt when it began to listen
 * @param notReady why new clients are not welcome; empty: they are
 * @param droppedEvents of the logs, since the start, by log
 * @param routes in the order of the configuration; pools whose event loop did not answer in time are missing
 */
public record GatewayReport(
        BuildReport build,
        Instant startedAt,
        Optional<String> notReady,
        ClientsReport clients,
        MemoryReport memory,
        Map<String, Long> droppedEvents,
        List<LoopReport> loops,
        List<ListenerReport> listeners,
        List<RouteReport> routes) {
    public GatewayReport {
        droppedEvents = Map.copyOf(droppedEvents);
        loops = List.copyOf(loops);
        listeners = List.copyOf(listeners);
        routes = List.copyOf(routes);
    }
}

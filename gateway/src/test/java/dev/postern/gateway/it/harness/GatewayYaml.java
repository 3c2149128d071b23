package dev.postern.gateway.it.harness;

import java.util.ArrayList;
import java.util.List;

/**
 * A configuration with two listeners on 127.0.0.1: {@code tls} (mode require) and {@code plain} (mode disable).
 *
 * @param tlsPort of listener {@code tls}
 * @param plainPort of listener {@code plain}
 * @param timeouts the object {@code timeouts}
 * @param limits the object {@code limits}
 * @param listeners further entries of {@code listeners}, each line ended
 * @param more other objects of the top level, each line ended
 */
public record GatewayYaml(
        int tlsPort,
        int plainPort,
        String timeouts,
        String limits,
        List<RouteYaml> routes,
        String more,
        String listeners) {
    private static final Certificates.KeyPairFiles CERTIFICATE =
            Certificates.shared().issueForLocalhost("gateway");

    public static GatewayYaml of(RouteYaml... routes) {
        return new GatewayYaml(FreePorts.one(), FreePorts.one(), "{drainDelay: 0s}", "{}", List.of(routes), "", "");
    }

    public GatewayYaml withTimeouts(String timeouts) {
        return new GatewayYaml(tlsPort, plainPort, timeouts, limits, routes, more, listeners);
    }

    public GatewayYaml withLimits(String limits) {
        return new GatewayYaml(tlsPort, plainPort, timeouts, limits, routes, more, listeners);
    }

    /** The same on the listeners of a gateway that runs already. */
    public GatewayYaml onPortsOf(GatewayYaml running) {
        return new GatewayYaml(running.tlsPort, running.plainPort, timeouts, limits, routes, more, listeners);
    }

    /** The route of the same name is replaced, or this one is added. */
    public GatewayYaml withRoute(RouteYaml route) {
        List<RouteYaml> changed = new ArrayList<>(routes);
        changed.removeIf(old -> old.name().equals(route.name()));
        changed.add(route);
        return new GatewayYaml(tlsPort, plainPort, timeouts, limits, List.copyOf(changed), more, listeners);
    }

    public GatewayYaml withoutRoute(String name) {
        return new GatewayYaml(
                tlsPort,
                plainPort,
                timeouts,
                limits,
                routes.stream().filter(route -> !route.name().equals(name)).toList(),
                more,
                listeners);
    }

    public GatewayYaml withMore(String lines) {
        return new GatewayYaml(tlsPort, plainPort, timeouts, limits, routes, lines, listeners);
    }

    public GatewayYaml withListeners(String entries) {
        return new GatewayYaml(tlsPort, plainPort, timeouts, limits, routes, more, entries);
    }

    /** The text of the file. */
    public String text() {
        StringBuilder text = new StringBuilder("""
                listeners:
                  - name: tls
                    address: 127.0.0.1:%d
                    tls: {mode: require, certificates: [{certFile: %s, keyFile: %s}], clientCaFile: %s}
                  - name: plain
                    address: 127.0.0.1:%d
                    tls: {mode: disable}
                %stimeouts: %s
                limits: %s
                routes:
                """.formatted(
                        tlsPort,
                        CERTIFICATE.certificate(),
                        CERTIFICATE.key(),
                        Certificates.shared().caFile(),
                        plainPort,
                        listeners.indent(0),
                        timeouts,
                        limits));
        routes.forEach(route -> text.append(route.yaml()));
        if (!more.contains("throttle:")) {
            text.append("throttle: {userFailures: 0, addressFailures: 0}\n");
        }
        return text.append(more).toString();
    }
}

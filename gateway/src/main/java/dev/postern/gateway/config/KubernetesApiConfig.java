package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The API server of the cluster whose Secrets and ServiceAccounts the configuration names, and as whom it is asked. It is
 * asked for nothing else, and not at all where nothing is named.
 *
 * @param address default {@code https://kubernetes.default.svc}
 * @param tokenFile the gateway's own token, read for each request; default the pod's
 * @param caFile bundle that the API server's certificate is checked against; default the pod's
 * @param namespace of what is named without one; absent: the pod's
 */
public record KubernetesApiConfig(URI address, Path tokenFile, Path caFile, Optional<String> namespace)
        implements Checked {
    private static final Path POD = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** Where a pod finds the name of its namespace. */
    public static final Path NAMESPACE_FILE = POD.resolve("namespace");

    static final KubernetesApiConfig DEFAULTS = new KubernetesApiConfig(
            URI.create("https://kubernetes.default.svc"),
            POD.resolve("token"),
            POD.resolve("ca.crt"),
            Optional.empty());

    /** Tokens go to no API server in clear, but on loopback. */
    static Checks checkAddress(Checks checks, String key, URI address) {
        boolean loopback = List.of("localhost", "127.0.0.1", "[::1]").contains(String.valueOf(address.getHost()));
        return checks.problem(
                !"https".equalsIgnoreCase(address.getScheme()) && !loopback,
                key,
                "is no https address, and tokens would be sent there in clear",
                "https://kubernetes.default.svc (http on loopback)");
    }

    @Override
    public void check(Checks checks) {
        checkAddress(checks, "address", address)
                .problem(
                        namespace.filter(ClusterNames::isNoNamespace).isPresent(),
                        "namespace",
                        "is no name of a namespace",
                        ClusterNames.NAMESPACE);
    }
}

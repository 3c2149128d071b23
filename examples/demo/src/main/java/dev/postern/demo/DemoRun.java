package dev.postern.demo;

import dev.postern.auth.Secret;
import dev.postern.gateway.Gateway;
import dev.postern.gateway.StartFailure;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Starts everything in order; what it started is in the {@link Closing} it was given. */
final class DemoRun {
    private final DemoOptions options;
    private final Closing closing;

    DemoRun(DemoOptions options, Closing closing) {
        this.options = options;
        this.closing = closing;
    }

    /**
     * Returns when clients can connect.
     *
     * @return what to tell the user
     */
    String start() throws Exception {
        checkFree(options.port(), "--port");
        checkFree(options.adminPort(), "--admin-port");
        DemoFolder folder = DemoFolder.create(options.folder());
        List<Tenant> tenants = Tenant.all();
        Secret clientPassword = Tenant.newPassword();

        DemoCertificates certificates = DemoCertificates.create();
        folder.writeCertificates(certificates.authorityPem(), certificates.issueForLocalhost("Postern demo"));
        folder.writeSecrets(clientPassword, tenants);
        folder.writeConfig(options.port(), options.adminPort(), startServers(certificates, tenants));
        startGateway(folder);
        folder.writeEnv(options.port(), clientPassword, tenants.getFirst());
        return greeting(folder, tenants);
    }

    /** Two servers: the last tenant has one of its own. Gives each tenant the port of its server. */
    private Map<Tenant, Integer> startServers(DemoCertificates certificates, List<Tenant> tenants) throws Exception {
        int last = tenants.size() - 1;
        List<List<Tenant>> byServer = List.of(tenants.subList(0, last), tenants.subList(last, tenants.size()));
        DemoServers servers = closing.add(DemoServers.start(certificates, byServer));
        Map<Tenant, Integer> ports = new LinkedHashMap<>();
        for (int i = 0; i < byServer.size(); i++) {
            for (Tenant tenant : byServer.get(i)) {
                ports.put(tenant, servers.servers().get(i).port());
            }
        }
        return ports;
    }

    /** As {@code postern run} does. */
    private void startGateway(DemoFolder folder) throws Exception {
        switch (new ConfigLoader(System.getenv()).load(folder.config())) {
            case ConfigResult.Rejected rejected -> throw new DemoFailure(rejected.render());
            case ConfigResult.Loaded(var config) -> {
                try {
                    closing.add(Gateway.start(config));
                } catch (StartFailure failure) {
                    throw new DemoFailure(String.valueOf(failure.getMessage()), failure);
                }
            }
        }
    }

    private String greeting(DemoFolder folder, List<Tenant> tenants) {
        String env = DemoFolder.shellQuoted(folder.env().toString());
        StringBuilder text = new StringBuilder("""
                Two PostgreSQL servers, three databases, one TLS endpoint: localhost:%d. Ctrl-C ends it all.
                In another terminal:

                """.formatted(options.port()));
        for (Tenant tenant : tenants) {
            text.append("  . %s; psql %s -c \"%s\"\n".formatted(env, tenant.database(), tenant.sampleQuery()));
        }
        return text.append("""

                Configuration: %s
                """.formatted(folder.config())).toString();
    }

    /** Finds out now, and not after seconds of work. The gateway finds out again when it listens. */
    private static void checkFree(int port, String option) throws DemoFailure {
        try (ServerSocket socket = new ServerSocket()) {
            // As the gateway does: connections of an earlier run that linger do not count.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        } catch (IOException taken) {
            throw new DemoFailure("cannot listen on 127.0.0.1:%d: %s; choose another port with %s"
                    .formatted(port, taken.getMessage(), option));
        }
    }
}

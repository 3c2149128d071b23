package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.KeyPath;
import dev.postern.gateway.config.yaml.Problems;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rules between records: names that are used twice or lead nowhere, and what is only safe together. */
final class ConfigRules {
    /** The virtual database that PgBouncer's tools connect to. */
    private static final String CONSOLE = "pgbouncer";

    private final GatewayConfig config;
    private final Problems problems;

    ConfigRules(GatewayConfig config, Problems problems) {
        this.config = config;
        this.problems = problems;
    }

    void check() {
        listeners();
        authQueries();
        Map<String, String> routeNames = new HashMap<>();
        MatchedOnce databases = new MatchedOnce(problems, "database");
        MatchedOnce serverNames = new MatchedOnce(problems, "server name");
        for (int i = 0; i < config.routes().size(); i++) {
            RouteConfig route = config.routes().get(i);
            KeyPath path = KeyPath.ROOT.child("routes").element(i);
            unique(routeNames, route.name(), path.child("name"), "route");
            databases.add(
                    route, path.child("match").child("databases"), route.match().databases());
            serverNames.add(
                    route,
                    path.child("match").child("serverNames"),
                    route.match().serverNames().stream()
                            .map(name -> name.toLowerCase(Locale.ROOT))
                            .toList());
            reserved(route, path);
            BackendDatabase.check(route, path, problems);
            vaultConnection(route.credentials(), path.child("credentials"));
            authQuery(route, path);
            insecure(route.clientAuth(), path.child("clientAuth"));
        }
        KeyPath console = KeyPath.ROOT.child("admin").child("clientAuth");
        config.admin().clientAuth().ifPresent(method -> {
            insecure(method, console);
            if (method instanceof ClientAuthConfig.AuthQuery query) {
                authQuery(query, console.child("authQuery"));
            }
        });
    }

    private void listeners() {
        Map<String, String> names = new HashMap<>();
        Map<ListenAddress, String> addresses = new HashMap<>();
        for (int i = 0; i < config.listeners().size(); i++) {
            ListenerConfig listener = config.listeners().get(i);
            KeyPath path = KeyPath.ROOT.child("listeners").element(i);
            unique(names, listener.name(), path.child("name"), "listener");
            address(addresses, listener.address(), path.child("address"), "the listener " + listener.name());
        }
        config.admin()
                .address()
                .ifPresent(address ->
                        address(addresses, address, KeyPath.ROOT.child("admin").child("address"), "admin"));
    }

    private void address(Map<ListenAddress, String> taken, ListenAddress address, KeyPath path, String owner) {
        if (problems.isSettled(path) || (address.port() == 0 && address.socket().isEmpty())) {
            return;
        }
        String first = taken.putIfAbsent(address, owner);
        if (first != null) {
            problems.report(path, address + " is taken by " + first, "an address of its own");
        }
    }

    private void unique(Map<String, String> taken, String name, KeyPath path, String kind) {
        if (problems.isSettled(path)) {
            return;
        }
        String first = taken.putIfAbsent(name, path.text());
        if (first != null) {
            problems.report(path, "the " + kind + " \"" + name + "\" exists already, at " + first, "a name of its own");
        }
    }

    private void reserved(RouteConfig route, KeyPath path) {
        int index = route.match().databases().indexOf(CONSOLE);
        if (index >= 0) {
            problems.report(
                    path.child("match").child("databases").element(index),
                    "\"" + CONSOLE + "\" is the admin console's",
                    "another name for clients, with backend.database: " + CONSOLE);
        }
    }

    private void authQueries() {
        config.authQueries().forEach((name, query) -> {
            KeyPath path = KeyPath.ROOT.child("authQueries").child(name);
            if (query.use().isPresent()) {
                problems.report(path.child("use"), "leads on to another look-up", "a look-up of its own");
            } else if (query.backend().isEmpty()) {
                problems.report(path.child("backend"), "is missing", "the servers to ask: {hosts: [HOST]}");
            }
            query.credentials().ifPresent(credentials -> vaultConnection(credentials, path.child("credentials")));
        });
    }

    private void authQuery(RouteConfig route, KeyPath path) {
        KeyPath clientAuth = path.child("clientAuth");
        switch (route.clientAuth()) {
            case ClientAuthConfig.AuthQuery query -> authQuery(query, clientAuth.child("authQuery"));
            case ClientAuthConfig.Hba hba ->
                hba.authQuery()
                        .ifPresent(query ->
                                authQuery(query, clientAuth.child("hba").child("authQuery")));
            default -> {}
        }
    }

    private void authQuery(ClientAuthConfig.AuthQuery query, KeyPath at) {
        query.credentials().ifPresent(credentials -> vaultConnection(credentials, at.child("credentials")));
        query.use()
                .filter(name -> !config.authQueries().containsKey(name))
                .ifPresent(name -> problems.report(
                        at.child("use"),
                        "there is no look-up \"" + name + "\"",
                        config.authQueries().isEmpty()
                                ? "a name under authQueries, which is empty"
                                : "one of "
                                        + String.join(", ", config.authQueries().keySet())));
    }

    private void vaultConnection(CredentialsConfig credentials, KeyPath path) {
        if (credentials instanceof CredentialsConfig.Vault vault
                && !config.vaultConnections().containsKey(vault.connection())) {
            List<String> known = List.copyOf(config.vaultConnections().keySet());
            problems.report(
                    path.child("vault").child("connection"),
                    "there is no Vault connection \"" + vault.connection() + "\"",
                    known.isEmpty()
                            ? "a name under vaultConnections, which is empty"
                            : "one of " + String.join(", ", known));
        }
    }

    private void insecure(ClientAuthConfig clientAuth, KeyPath path) {
        if (!(clientAuth instanceof ClientAuthConfig.WithoutProof open) || open.allowInsecure()) {
            return;
        }
        String method = open instanceof ClientAuthConfig.Trust ? "trust" : "any";
        config.listeners().stream()
                .filter(listener -> !listener.address().isLoopback())
                .findFirst()
                .ifPresent(listener -> problems.report(
                        path.child(method),
                        "would let anybody in who reaches the listener " + listener.name() + " on "
                                + listener.address(),
                        "only loopback listeners, or allowInsecure: true"));
    }
}

package dev.postern.gateway;

import dev.postern.gateway.config.AccessConfig;
import dev.postern.gateway.config.BackendConfig;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.CredentialsConfig;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.OutsideAuthConfig;
import dev.postern.gateway.config.PoolConfig;
import dev.postern.gateway.config.RouteConfig;
import dev.postern.gateway.config.UserList;
import dev.postern.routing.DatabaseTemplate;
import dev.postern.routing.RouteConflict;
import dev.postern.routing.RouteDecision;
import dev.postern.routing.RouteEntry;
import dev.postern.routing.RouteMatch;
import dev.postern.routing.RouteTable;
import dev.postern.routing.RouteTableResult;
import dev.postern.routing.StartupFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a configuration does with a client, in words: route, reason, login, server, credential, pool. Names no secret.
 *
 * @param admitted whether the client has a route, and its user may use it as far as that can be told without a login
 * @param text lines of {@code name: what}, each ended
 */
record Explanation(boolean admitted, String text) {
    /** For a client that named a route, but no host name of it. */
    static final String NEEDS_HOST_NAME = "Connect under a host name of that route: its database is named there.";

    private static final int INDENT = 13;

    static Explanation of(
            GatewayConfig config,
            String database,
            Optional<String> serverName,
            Optional<String> routeOption,
            Optional<String> user) {
        List<RouteEntry<RouteConfig>> entries = config.routes().stream()
                .map(route -> new RouteEntry<>(
                        route.name(),
                        new RouteMatch(route.match().databases(), route.match().serverNames()),
                        route))
                .toList();
        return switch (RouteTable.build(entries)) {
            case RouteTableResult.Conflicted<RouteConfig>(List<RouteConflict> conflicts) ->
                new Explanation(
                        false,
                        conflicts.stream()
                                .map(conflict -> line("conflict", conflict.toString()))
                                .collect(Collectors.joining()));
            case RouteTableResult.Built<RouteConfig>(var table) ->
                of(table.decide(new StartupFacts(database, serverName, routeOption)), database, user);
        };
    }

    private static Explanation of(RouteDecision<RouteConfig> decision, String database, Optional<String> user) {
        return switch (decision) {
            case RouteDecision.Unknown<RouteConfig>(String why) ->
                new Explanation(false, line("route", "none") + line("why", why));
            case RouteDecision.Contradiction<RouteConfig>(var claimed, String hint, String why) ->
                new Explanation(
                        false,
                        line("route", "none, although part of it leads to " + claimed.name())
                                + line("why", why)
                                + line("hint", hint));
            case RouteDecision.Matched<RouteConfig>(var entry, List<String> captures, String why) ->
                matched(entry.target(), captures, why, database, user);
        };
    }

    private static Explanation matched(
            RouteConfig route, List<String> captures, String why, String database, Optional<String> user) {
        Optional<DatabaseTemplate> template = route.backend().database().map(DatabaseTemplate::parse);
        if (template.map(DatabaseTemplate::needed).orElse(0) > captures.size()) {
            return new Explanation(
                    false,
                    line("route", "none, although part of it leads to " + route.name())
                            + line("why", why + ", whose database is taken from the server name")
                            + line("hint", NEEDS_HOST_NAME));
        }
        String backendDatabase = template.map(made -> made.expand(captures)).orElse(database);
        Optional<String> denied = user.flatMap(name -> denied(route, name));
        StringBuilder text = new StringBuilder();
        text.append(line("route", route.name()));
        text.append(line("why", why));
        text.append(line("login", login(route.clientAuth(), user)));
        denied.ifPresent(because -> text.append(line("refused", because)));
        access(route.access()).ifPresent(limits -> text.append(line("access", limits)));
        text.append(line("database", backendDatabase));
        text.append(line("servers", servers(route.backend())));
        text.append(line("credentials", credentials(route.credentials())));
        text.append(line("pool", pool(route.pool())));
        return new Explanation(denied.isEmpty(), text.toString());
    }

    private static Optional<String> denied(RouteConfig route, String user) {
        List<String> allowed = route.access().allowUsers();
        if (!allowed.isEmpty() && !allowed.contains(user)) {
            return Optional.of("user " + user + " is not one of access.allowUsers");
        }
        if (route.clientAuth() instanceof ClientAuthConfig.WithUsers method && !knows(method, user)) {
            return Optional.of("user " + user + " is not one of the route's users");
        }
        return Optional.empty();
    }

    private static boolean knows(ClientAuthConfig.WithUsers method, String user) {
        return method.users().containsKey(user)
                || method.usersFile().map(file -> listed(file, user)).orElse(false);
    }

    private static boolean listed(Path file, String user) {
        try {
            return UserList.parse(Files.readString(file), file.toString())
                    .users()
                    .containsKey(user);
        } catch (IOException e) {
            return false;
        }
    }

    private static String login(ClientAuthConfig method, Optional<String> user) {
        String name = switch (method) {
            case ClientAuthConfig.Scram ignored -> "scram";
            case ClientAuthConfig.Md5 ignored -> "md5";
            case ClientAuthConfig.Password ignored -> "password";
            case ClientAuthConfig.Trust ignored -> "trust";
            case ClientAuthConfig.Any ignored -> "any";
            case ClientAuthConfig.Cert cert -> "cert, by " + cert.identity().keyword();
            case ClientAuthConfig.Peer ignored -> "peer";
            case ClientAuthConfig.Hba hba -> "as the rules in " + hba.file() + " say";
            case OutsideAuthConfig.Jwt jwt -> "JWT of " + jwt.issuer();
            case OutsideAuthConfig.TokenReview review -> "Kubernetes token, reviewed by " + review.api();
            case OutsideAuthConfig.Ldap ldap -> "LDAP at " + ldap.host();
            case ClientAuthConfig.AuthQuery query ->
                query.method().keyword() + ", users by auth_query "
                        + query.use().orElseGet(() -> query.preset().keyword() + " in " + query.database());
        };
        return name + user.map(who -> ", as " + who).orElse("");
    }

    private static Optional<String> access(AccessConfig access) {
        String limits = joined(
                limit("from ", access.allowCidrs()),
                limit("not from ", access.denyCidrs()),
                limit("users ", access.allowUsers()),
                limit("with the rights of ", access.setRole().stream().toList()));
        return limits.isEmpty() ? Optional.empty() : Optional.of(limits);
    }

    private static String limit(String what, List<?> values) {
        return values.isEmpty()
                ? ""
                : what + values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    private static String joined(String... parts) {
        return java.util.Arrays.stream(parts).filter(part -> !part.isEmpty()).collect(Collectors.joining("; "));
    }

    private static String servers(BackendConfig backend) {
        return limit("", backend.hosts()) + ", TLS " + backend.tls().mode().keyword();
    }

    private static String credentials(CredentialsConfig credentials) {
        return switch (credentials) {
            case CredentialsConfig.Static fixed ->
                "static, role " + fixed.user()
                        + fixed.passwordFile()
                                .map(path -> ", password in " + path)
                                .orElse("");
            case CredentialsConfig.File file ->
                "file, role in " + file.userFile() + ", password in " + file.passwordFile();
            case CredentialsConfig.Secret secret ->
                "secret " + secret.place() + (secret.directory().isPresent() ? "" : " by the API") + ", keys "
                        + secret.userKey() + " and " + secret.passwordKey();
            case CredentialsConfig.RdsIam rds ->
                "rdsIam, role " + rds.user()
                        + rds.roleArn().map(arn -> ", by " + arn).orElse("");
            case CredentialsConfig.AzureEntra(String user) -> "azureEntra, role " + user;
            case CredentialsConfig.CloudSqlIam(String user) -> "cloudSqlIam, role " + user;
            case CredentialsConfig.Vault vault -> "vault " + vault.connection() + ", path " + vault.path();
            case CredentialsConfig.PassThrough ignored -> "passThrough: the client's own role and keys";
        };
    }

    private static String pool(PoolConfig pool) {
        return pool.mode().keyword() + " mode, " + pool.defaultPoolSize() + " server connections at most"
                + (pool.reservePoolSize() > 0 ? " and " + pool.reservePoolSize() + " in reserve" : "")
                + " for each database";
    }

    private static String line(String name, String what) {
        return (name + ":").concat(" ".repeat(Math.max(1, INDENT - name.length()))) + what + System.lineSeparator();
    }
}

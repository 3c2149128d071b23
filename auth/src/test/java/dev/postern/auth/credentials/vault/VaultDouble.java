package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A Vault server's rules without a network, after recordings of a real one: tokens, policies, leases, logins, KV, static
 * roles, and the states a server can be in. Time comes from outside; what time ends is ended by {@link #tick}.
 */
public final class VaultDouble {
    /** What the server does with every request. */
    public enum Mode {
        UP,
        SEALED,
        /** A standby without an active node: reads pass, writes are redirected to where nobody is. */
        NO_LEADER,
        /** Every request but health is over the quota. */
        RATE_LIMITED,
        /** Every request fails inside. */
        BROKEN,
        /** The process is stopped: nothing answers and nothing expires. */
        STOPPED
    }

    static final String ROOT = "s.root";
    private static final String GONE_LEADER = "http://127.0.0.1:1";

    private static final class Namespace {
        final Map<String, DoubleKv> kv = new HashMap<>();
        final Map<String, DoubleDatabase> databases = new HashMap<>();
        final DoubleLogins logins;

        Namespace(DoubleLogins logins) {
            this.logins = logins;
        }
    }

    private record Wrapped(Map<String, @Nullable Object> body, Instant expires) {}

    private final Supplier<Instant> clock;
    private final DoubleTokens tokens;
    private final DoubleLeases leases;
    private final Map<String, Namespace> namespaces = new TreeMap<>();
    private final Map<String, Wrapped> wrapped = new HashMap<>();
    private final List<String> requests = new ArrayList<>();
    private Mode mode = Mode.UP;
    private @Nullable String quotaPrefix;
    private int quotaLeft;
    private boolean clustered;

    public VaultDouble(Supplier<Instant> clock) {
        this.clock = clock;
        tokens = new DoubleTokens(clock);
        leases = new DoubleLeases(clock);
        addNamespace("");
        putToken(ROOT, DoubleTokens.Rules.of(Duration.ZERO, Duration.ZERO));
    }

    // Building the world.

    public final synchronized void addNamespace(String name) {
        namespaces.putIfAbsent(name, new Namespace(new DoubleLogins(name, tokens, clock)));
    }

    synchronized void putToken(String id, DoubleTokens.Rules rules) {
        boolean byHand = rules.ttl().isZero() || !rules.period().isZero();
        tokens.put(new DoubleTokens.Token(
                id, rules, "", "approle", byHand ? null : map("role_name", "gateway"), clock.get()));
    }

    synchronized DoubleLogins logins(String namespace) {
        return namespace(namespace).logins;
    }

    synchronized DoubleKv kv(String namespace, String mount, int version) {
        return namespace(namespace).kv.computeIfAbsent(mount, m -> new DoubleKv(version, clock));
    }

    synchronized DoubleDatabase database(String mount) {
        return namespace("").databases.computeIfAbsent(mount, m -> new DoubleDatabase(m, clock, leases));
    }

    /** A dynamic role of the mount {@code database}. */
    public synchronized void putRole(String name, DoubleRoles roles, Duration ttl, Duration maxTtl) {
        database("database").put(name, new DoubleDatabase.Role(roles, ttl, maxTtl, true));
    }

    /** A static role of the mount {@code database}. */
    public synchronized void putStaticRole(
            String name, String user, DoubleRoles roles, Duration period, Duration staleWindow) {
        try {
            database("database")
                    .putStatic(
                            name,
                            new DoubleDatabase.StaticRole(
                                    roles, user, period, staleWindow, DoubleRandom.text(20), clock.get()));
        } catch (DoubleRoles.DatabaseProblem e) {
            throw new IllegalStateException(e);
        }
    }

    /** A KV entry; the mount springs up with this version. */
    public synchronized void putKv(String mount, int version, String path, String user, String password) {
        kv("", mount, version).put(path, map("username", user, "password", password));
    }

    /** An AppRole whose tokens may use these paths (a trailing {@code *} is a prefix). */
    public synchronized void putAppRole(
            String name, String roleId, String secretId, Duration tokenTtl, Duration tokenMaxTtl, String... paths) {
        logins("").putAppRole(name, DoubleTokens.Rules.of(tokenTtl, tokenMaxTtl, paths), roleId, secretId, 0);
    }

    /** The same in a namespace, which springs up. */
    public synchronized void putAppRoleIn(
            String namespace, String roleId, String secretId, Duration tokenTtl, String... paths) {
        addNamespace(namespace);
        logins(namespace)
                .putAppRole("gateway", DoubleTokens.Rules.of(tokenTtl, Duration.ZERO, paths), roleId, secretId, 0);
    }

    /** A KV entry of a namespace. */
    public synchronized void putKvIn(
            String namespace, String mount, int version, String path, String user, String password) {
        addNamespace(namespace);
        kv(namespace, mount, version).put(path, map("username", user, "password", password));
    }

    /** Changes a static role's password now, as {@code rotate-role} does: the answer follows after the stale window. */
    public synchronized void rotateStaticRole(String name) {
        database("database").rotateNow(name);
    }

    /** A role of the method {@code kubernetes} for one ServiceAccount, by tokens for the audience {@code vault}. */
    public synchronized void putKubernetesRole(
            String name, String account, Duration tokenTtl, Duration tokenMaxTtl, String... paths) {
        logins("")
                .putRole(
                        "kubernetes",
                        name,
                        new DoubleLogins.Role(
                                DoubleTokens.Rules.of(tokenTtl, tokenMaxTtl, paths), "vault", "", account));
    }

    /** A role of the method at {@code auth/MOUNT}, for whoever logs in rightly. */
    public synchronized void putLoginRole(
            String namespace, String mount, String name, Duration tokenTtl, String... paths) {
        logins(namespace)
                .putRole(mount, name, DoubleLogins.Role.of(DoubleTokens.Rules.of(tokenTtl, Duration.ZERO, paths)));
    }

    /** A JSON web token that the method {@code jwt} of the namespace takes. */
    public synchronized String jwt(String namespace, Duration lifetime) {
        return logins(namespace).mintJwt("the-gateway", "vault", lifetime);
    }

    /** A token of a ServiceAccount of the namespace {@code apps}, as kubelet writes it into a pod. */
    public synchronized String serviceAccountToken(String account, Duration lifetime) {
        return logins("").mintJwt("system:serviceaccount:apps:" + account, "vault", lifetime);
    }

    /** A token that was made by hand. */
    public synchronized String newToken(Duration ttl, Duration maxTtl, String... paths) {
        return tokens.issue(DoubleTokens.Rules.of(ttl, maxTtl, paths), "", "token", null).id;
    }

    private Namespace namespace(String name) {
        Namespace namespace = namespaces.get(name);
        if (namespace == null) {
            throw new IllegalArgumentException("no namespace " + name);
        }
        return namespace;
    }

    // Turning the knobs.

    public synchronized void setMode(Mode mode) {
        this.mode = mode;
    }

    public synchronized Mode mode() {
        return mode;
    }

    synchronized void setClustered(boolean clustered) {
        this.clustered = clustered;
    }

    /** So many requests below the path prefix pass from now on, then 429. */
    synchronized void setQuota(String prefix, int requestsLeft) {
        quotaPrefix = prefix;
        quotaLeft = requestsLeft;
    }

    /** Ends this token, and every lease it issued, as an operator would. */
    public synchronized void revokeToken(String id) {
        tokens.remove(id);
        leases.expire(tokens);
    }

    public synchronized void revokeAllTokens() {
        for (String id :
                List.copyOf(leases.alive().stream().map(l -> l.token.id).toList())) {
            tokens.remove(id);
        }
        leases.expire(tokens);
    }

    /** Ends every lease, as {@code vault lease revoke -prefix} does. */
    public synchronized void revokeLeases() {
        leases.handle("revoke-prefix/", new DoubleRequest("POST", "", Map.of(), Map.of(), JsonObject.EMPTY, ""));
    }

    // Looking.

    public synchronized int aliveLeases() {
        return leases.alive().size();
    }

    synchronized List<DoubleLeases.Lease> leases() {
        return leases.alive();
    }

    /** Every token that a login or a hand made, those that are over too. */
    public synchronized List<String> tokensMade() {
        return tokens.made();
    }

    public synchronized int logins() {
        return namespace("").logins.logins();
    }

    /** {@code METHOD path}, in order, since the last {@link #forgetRequests}. */
    public synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    public synchronized void forgetRequests() {
        requests.clear();
    }

    public synchronized long requests(String part) {
        return requests.stream().filter(r -> r.contains(part)).count();
    }

    // Working.

    /** Ends what time has ended. A sealed or stopped server ends nothing, nor does a standby. */
    public synchronized void tick() {
        if (mode == Mode.SEALED || mode == Mode.STOPPED || mode == Mode.NO_LEADER) {
            return;
        }
        tokens.expired().forEach(t -> tokens.remove(t.id));
        leases.expire(tokens);
        for (Namespace namespace : namespaces.values()) {
            namespace.databases.values().forEach(DoubleDatabase::rotateDue);
        }
    }

    synchronized DoubleAnswer handle(DoubleRequest request) {
        requests.add(request.method() + " " + request.path());
        tick();
        String name = request.header("x-vault-namespace").replaceAll("/$", "");
        DoubleAnswer answer = inNamespace(name, request);
        return name.isEmpty() ? answer : answer.withHeader("X-Vault-Namespace", request.header("x-vault-namespace"));
    }

    private DoubleAnswer inNamespace(String headerNamespace, DoubleRequest request) {
        DoubleAnswer status = DoubleSys.unauthenticated(request, mode, clustered, clock.get());
        if (status != null) {
            if (request.path().equals("sys/unseal")) {
                mode = Mode.UP;
            }
            return status;
        }
        switch (mode) {
            case SEALED -> {
                return DoubleAnswer.error(503, "Vault is sealed");
            }
            case RATE_LIMITED -> {
                return rateLimited(request.path());
            }
            case BROKEN -> {
                return DoubleAnswer.wrappedError(
                        500, "unable to start transaction: failed to connect to `user=vaultadmin database=orders`");
            }
            case NO_LEADER -> {
                if (isForwarded(request)) {
                    return new DoubleAnswer(307, Map.of("Location", GONE_LEADER + "/v1/" + request.path()), null);
                }
            }
            case UP, STOPPED -> {}
        }
        String namespace = headerNamespace;
        DoubleRequest inner = request;
        for (String known : namespaces.keySet()) {
            if (!known.isEmpty() && request.path().startsWith(known + "/")) {
                namespace = known;
                inner = request.at(request.path().substring(known.length() + 1));
            }
        }
        if (!namespaces.containsKey(namespace)) {
            return DoubleAnswer.error(404, "namespace not found");
        }
        return authorized(namespace, inner);
    }

    /** Everything that writes needs the active node: also creds, which are read but make a lease. */
    private static boolean isForwarded(DoubleRequest request) {
        return request.isWrite() || request.path().contains("/creds/");
    }

    private static DoubleAnswer rateLimited(String path) {
        return DoubleAnswer.error(429, "request path \"" + path + "\": rate limit quota exceeded");
    }

    private DoubleAnswer authorized(String namespaceName, DoubleRequest request) {
        Namespace namespace = namespace(namespaceName);
        String path = request.path();
        if (namespace.logins.isLogin(path)) {
            return namespace.logins.login(path, request);
        }
        String id = request.header("x-vault-token");
        if (id.isEmpty()) {
            id = request.header("authorization").replaceFirst("^Bearer ", "");
        }
        if (path.equals("sys/wrapping/unwrap") && wrapped.containsKey(id)) {
            return unwrap(id);
        }
        DoubleTokens.Token token = tokens.alive(id);
        if (token == null || tokens.isUsedUp(token)) {
            return DoubleAnswer.error(403, "permission denied");
        }
        tokens.countUse(token);
        boolean elsewhere = !token.isRoot() && !token.namespace.equals(namespaceName);
        if (elsewhere && !path.equals("auth/token/lookup-self") || !token.mayUse(path)) {
            return DoubleAnswer.wrappedError(403, "permission denied");
        }
        if (quotaPrefix != null && path.startsWith(quotaPrefix) && quotaLeft-- <= 0) {
            return rateLimited(path);
        }
        DoubleAnswer answer = route(namespace, token, request);
        Duration wrapTtl = DoubleLeases.seconds(request.header("x-vault-wrap-ttl"), Duration.ZERO);
        return wrapTtl.isZero() ? answer : wrap(answer, path, wrapTtl);
    }

    private DoubleAnswer route(Namespace namespace, DoubleTokens.Token token, DoubleRequest request) {
        String path = request.path();
        if (path.startsWith("auth/token/")) {
            return token(token, path.substring("auth/token/".length()), request);
        }
        DoubleAnswer secretId = namespace.logins.newSecretId(path);
        if (secretId != null) {
            return secretId;
        }
        if (path.startsWith("sys/leases/")) {
            return leases.handle(path.substring("sys/leases/".length()), request);
        }
        if (path.startsWith("sys/namespaces/") && request.isWrite()) {
            addNamespace(path.substring("sys/namespaces/".length()));
            return DoubleSys.newNamespace(path);
        }
        if (path.startsWith("sys/")) {
            return switch (path) {
                case "sys/seal" -> {
                    mode = Mode.SEALED;
                    yield DoubleAnswer.NO_CONTENT;
                }
                case "sys/step-down" -> {
                    mode = Mode.NO_LEADER;
                    yield DoubleAnswer.NO_CONTENT;
                }
                case "sys/leader" -> DoubleSys.leader(clustered);
                default -> DoubleAnswer.wrappedError(404, "unsupported path");
            };
        }
        int slash = path.indexOf('/');
        String mount = slash < 0 ? path : path.substring(0, slash);
        String rest = slash < 0 ? "" : path.substring(slash + 1);
        DoubleKv kv = namespace.kv.get(mount);
        if (kv != null) {
            return kv.handle(rest, request);
        }
        DoubleDatabase database = namespace.databases.get(mount);
        if (database != null) {
            return database.handle(rest, request, token);
        }
        return DoubleAnswer.error(404, "no handler for route \"" + path + "\". route entry not found.");
    }

    private DoubleAnswer token(DoubleTokens.Token token, String operation, DoubleRequest request) {
        return switch (operation) {
            case "lookup-self" -> tokens.lookup(token);
            case "renew-self" -> tokens.renew(token, request.body().get("increment"));
            case "revoke-self" -> {
                tokens.remove(token.id);
                leases.expire(tokens);
                yield DoubleAnswer.NO_CONTENT;
            }
            case "create" -> {
                Duration ttl = DoubleLeases.seconds(request.body().get("ttl"), Duration.ofHours(1));
                DoubleTokens.Token made =
                        tokens.issue(DoubleTokens.Rules.of(ttl, Duration.ZERO, "*"), "", "token", null);
                yield DoubleAnswer.auth(tokens.auth(made, ttl), List.of());
            }
            default -> DoubleAnswer.wrappedError(404, "unsupported path");
        };
    }

    private DoubleAnswer wrap(DoubleAnswer answer, String path, Duration ttl) {
        Map<String, @Nullable Object> body = answer.body();
        if (body == null) {
            return answer;
        }
        String id = "s." + DoubleRandom.text(24);
        wrapped.put(id, new Wrapped(body, clock.get().plus(ttl)));
        Map<String, @Nullable Object> info = map(
                "token", id,
                "accessor", DoubleRandom.text(24),
                "ttl", ttl.toSeconds(),
                "creation_time", DoubleAnswer.time(clock.get()),
                "creation_path", path);
        if (body.get("auth") != null) {
            info.put("wrapped_accessor", DoubleRandom.text(24));
        }
        Map<String, @Nullable Object> envelope = DoubleAnswer.envelope("", false, 0, null, List.of(), null, info);
        envelope.put("request_id", "");
        return DoubleAnswer.json(200, envelope);
    }

    private DoubleAnswer unwrap(String id) {
        Wrapped content = wrapped.remove(id);
        if (content == null || !clock.get().isBefore(content.expires())) {
            return DoubleAnswer.error(400, "wrapping token is not valid or does not exist");
        }
        return DoubleAnswer.json(200, content.body());
    }
}

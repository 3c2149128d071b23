package dev.postern.auth.credentials.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import dev.postern.auth.credentials.LoopbackHttp;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * As much of a Kubernetes API server as Secrets and ServiceAccounts' tokens need, on a port of 127.0.0.1. It does what
 * Kubernetes' documentation says, and refuses what that does not allow, so that a client which does something else fails:
 *
 * <ul>
 *   <li>"API Concepts", <em>Efficient detection of changes</em>: one resourceVersion for all objects, which grows with each
 *       change; a list has one of its own to watch from; a watch gives ADDED, MODIFIED, DELETED after that version, BOOKMARK
 *       if asked for ({@code allowWatchBookmarks}), and ends after {@code timeoutSeconds}; a version that is no longer
 *       known is answered with 410, as the answer's status or as an ERROR event in a stream that was begun ("may handle
 *       such a case with a 410 Gone").
 *   <li>"API Concepts", <em>Metadata-only fetches</em>: with {@code as=PartialObjectMetadata} or {@code ...List} in Accept
 *       there is no data in the answer.
 *   <li>"Using RBAC Authorization", <em>Referring to resources</em>: rights on a name reach list and watch only where the
 *       request says {@code fieldSelector=metadata.name=NAME}.
 *   <li>"Authenticating": an unknown bearer token is 401; no right is 403. Both with a Status object that says so.
 *   <li>"TokenRequest" (authentication.k8s.io/v1, create): {@code expirationSeconds} of 600 at least, the answer's
 *       {@code status} has token and expirationTimestamp.
 * </ul>
 */
public final class ApiServerDouble implements AutoCloseable {
    private static final Pattern OBJECT = Pattern.compile("/api/v1/namespaces/([^/]+)/secrets/([^/]+)");
    private static final Pattern COLLECTION = Pattern.compile("/api/v1/namespaces/([^/]+)/secrets");
    private static final Pattern TOKEN = Pattern.compile("/api/v1/namespaces/([^/]+)/serviceaccounts/([^/]+)/token");
    private static final Duration TICK = Duration.ofMillis(10);

    private final @Nullable SSLContext tls;
    private final Map<String, Map<String, Object>> secrets = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Set<String> tokens = ConcurrentHashMap.newKeySet();
    private final Set<String> allowed = ConcurrentHashMap.newKeySet();
    private final Map<String, Account> accounts = new HashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> given = new CopyOnWriteArrayList<>();
    private @Nullable HttpServer server;
    private int port;
    private long version = 1000;
    private long forgottenUpTo;
    private volatile boolean goneAsStatus;
    private volatile boolean frozen;
    private volatile int watches;
    private volatile long generation;
    private volatile Duration bookmarks = Duration.ofSeconds(60);
    /** The version in the bookmark that was sent last. */
    private volatile long bookmarked;

    /** How the tokens of an account are made. */
    public interface Account {
        String token(List<String> audiences, Duration lifetime);
    }

    private record Change(long version, String type, String key, Map<String, Object> object) {}

    private ApiServerDouble(@Nullable SSLContext tls) throws IOException {
        this.tls = tls;
        listen();
    }

    public static ApiServerDouble http() throws IOException {
        return new ApiServerDouble(null);
    }

    public static ApiServerDouble https(SSLContext tls) throws IOException {
        return new ApiServerDouble(tls);
    }

    public URI address() {
        return URI.create((tls == null ? "http" : "https") + "://127.0.0.1:" + port);
    }

    // ---- who may do what

    /** A bearer token that is known from now on. */
    public void know(String token) {
        tokens.add(token);
    }

    public void forget(String token) {
        tokens.remove(token);
    }

    /** A right by name, as a Role with resourceNames gives it: {@code get}, {@code list}, {@code watch} or {@code create}. */
    public void allow(String verb, String resource, String namespace, String name) {
        allowed.add(verb + " " + resource + " " + namespace + "/" + name);
    }

    public void allowSecret(String namespace, String name) {
        for (String verb : List.of("get", "list", "watch")) {
            allow(verb, "secrets", namespace, name);
        }
    }

    public void forbid(String verb, String resource, String namespace, String name) {
        allowed.remove(verb + " " + resource + " " + namespace + "/" + name);
    }

    // ---- objects

    /** Makes the Secret, or changes it: values as an operator writes them under {@code stringData}. */
    public void put(String namespace, String name, Map<String, String> values) {
        Map<String, String> encoded = new TreeMap<>();
        values.forEach((key, value) -> encoded.put(key, Base64.getEncoder().encodeToString(value.getBytes(UTF_8))));
        putEncoded(namespace, name, encoded);
    }

    /** The same with the values of {@code data} as they are. */
    public synchronized void putEncoded(String namespace, String name, Map<String, String> data) {
        String key = namespace + "/" + name;
        version++;
        boolean isNew = !secrets.containsKey(key);
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("kind", "Secret");
        object.put("apiVersion", "v1");
        object.put(
                "metadata",
                Map.of(
                        "name",
                        name,
                        "namespace",
                        namespace,
                        "resourceVersion",
                        String.valueOf(version),
                        // As kubectl apply leaves it.
                        "annotations",
                        Map.of(
                                "kubectl.kubernetes.io/last-applied-configuration",
                                new String(Json.write(Map.of("data", data)), UTF_8))));
        object.put("data", data);
        object.put("type", "Opaque");
        secrets.put(key, object);
        changes.add(new Change(version, isNew ? "ADDED" : "MODIFIED", key, object));
    }

    public synchronized void delete(String namespace, String name) {
        String key = namespace + "/" + name;
        Map<String, Object> last = Objects.requireNonNull(secrets.remove(key), key);
        version++;
        Map<String, Object> object = new LinkedHashMap<>(last);
        Map<String, Object> metadata = new LinkedHashMap<>(metadata(last));
        metadata.put("resourceVersion", String.valueOf(version));
        object.put("metadata", metadata);
        changes.add(new Change(version, "DELETED", key, object));
    }

    /** Requests for tokens of this account are answered, for whoever may make them. */
    public synchronized void putAccount(String namespace, String name, Account account) {
        accounts.put(namespace + "/" + name, account);
    }

    /** Versions up to now are no longer known: a watch that asks to go on from one gets 410. */
    public synchronized void compact() {
        version++;
        changes.clear();
        forgottenUpTo = version;
    }

    /** Whether a watch knows from a bookmark a version that is not forgotten. */
    public synchronized boolean hasBookmarked() {
        return bookmarked >= forgottenUpTo;
    }

    /** Whether 410 comes as the answer's status; else as an event. */
    public void setGoneAsStatus(boolean asStatus) {
        goneAsStatus = asStatus;
    }

    public void setBookmarks(Duration interval) {
        bookmarks = interval;
    }

    // ---- the process

    /** Takes connections, answers nothing, and says nothing in streams. */
    public void freeze() {
        frozen = true;
    }

    public void thaw() {
        frozen = false;
    }

    public void goAway() {
        generation++;
        if (server != null) {
            server.stop(0);
        }
        server = null;
    }

    public void comeBack() throws IOException {
        listen();
    }

    /** Every watch ends, as at a restart of a server behind a load balancer. */
    public void endWatches() {
        generation++;
    }

    /** Watches that are open now. */
    public int watches() {
        return watches;
    }

    /** Method and path with query, of each request that came. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    public long requests(String containing) {
        return requests.stream().filter(line -> line.contains(containing)).count();
    }

    /** Tokens that it made. */
    public List<String> given() {
        return List.copyOf(given);
    }

    @Override
    public void close() {
        thaw();
        goAway();
    }

    private void listen() throws IOException {
        HttpServer started = LoopbackHttp.start(port, tls == null ? null : new HttpsConfigurator(tls), this::serve);
        server = started;
        port = started.getAddress().getPort();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            waitWhileFrozen();
            String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            if (!authorization.startsWith("Bearer ") || !tokens.contains(authorization.substring(7))) {
                refuse(exchange, 401, "Unauthorized", "Unauthorized");
                return;
            }
            String path = exchange.getRequestURI().getPath();
            Matcher object = OBJECT.matcher(path);
            Matcher collection = COLLECTION.matcher(path);
            Matcher token = TOKEN.matcher(path);
            if (exchange.getRequestMethod().equals("GET") && object.matches()) {
                get(exchange, object.group(1), object.group(2));
            } else if (exchange.getRequestMethod().equals("GET") && collection.matches()) {
                collection(exchange, collection.group(1), query(exchange));
            } else if (exchange.getRequestMethod().equals("POST") && token.matches()) {
                token(exchange, token.group(1), token.group(2), body);
            } else {
                refuse(exchange, 404, "NotFound", "the server could not find the requested resource");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void waitWhileFrozen() throws InterruptedException {
        while (frozen) {
            Thread.sleep(TICK);
        }
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new HashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String pair : (raw == null ? "" : raw).split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                query.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), UTF_8));
            }
        }
        return query;
    }

    private boolean may(HttpExchange exchange, String verb, String resource, String namespace, String name)
            throws IOException {
        if (allowed.contains(verb + " " + resource + " " + namespace + "/" + name)) {
            return true;
        }
        refuse(
                exchange,
                403,
                "Forbidden",
                resource + " \"" + name + "\" is forbidden: User \"system:serviceaccount:db:postern\" cannot " + verb
                        + " resource \"" + resource + "\" in API group \"\" in the namespace \"" + namespace + "\"");
        return false;
    }

    private void get(HttpExchange exchange, String namespace, String name) throws IOException {
        if (!may(exchange, "get", "secrets", namespace, name)) {
            return;
        }
        Map<String, Object> found;
        synchronized (this) {
            found = secrets.get(namespace + "/" + name);
        }
        if (found == null) {
            refuse(exchange, 404, "NotFound", "secrets \"" + name + "\" not found");
            return;
        }
        answer(exchange, 200, found);
    }

    private void collection(HttpExchange exchange, String namespace, Map<String, String> query)
            throws IOException, InterruptedException {
        String selector = query.getOrDefault("fieldSelector", "");
        String name = selector.startsWith("metadata.name=") ? selector.substring("metadata.name=".length()) : "*";
        boolean watch = "true".equals(query.get("watch"));
        if (!may(exchange, watch ? "watch" : "list", "secrets", namespace, name)) {
            return;
        }
        String accept = String.valueOf(exchange.getRequestHeaders().getFirst("Accept"));
        if (watch) {
            watch(exchange, namespace + "/" + name, accept.contains("as=PartialObjectMetadata;"), query);
        } else {
            list(exchange, namespace + "/" + name, accept.contains("as=PartialObjectMetadataList;"));
        }
    }

    private void list(HttpExchange exchange, String key, boolean metadataOnly) throws IOException {
        Map<String, Object> list = new LinkedHashMap<>();
        synchronized (this) {
            list.put("kind", metadataOnly ? "PartialObjectMetadataList" : "SecretList");
            list.put("metadata", Map.of("resourceVersion", String.valueOf(version)));
            Map<String, Object> found = secrets.get(key);
            list.put("items", found == null ? List.of() : List.of(shown(found, metadataOnly)));
        }
        answer(exchange, 200, list);
    }

    private void watch(HttpExchange exchange, String key, boolean metadataOnly, Map<String, String> query)
            throws IOException, InterruptedException {
        long from = Long.parseLong(query.getOrDefault("resourceVersion", "0"));
        Instant end = Instant.now().plusSeconds(Long.parseLong(query.getOrDefault("timeoutSeconds", "1800")));
        boolean known;
        synchronized (this) {
            known = from >= forgottenUpTo;
        }
        if (!known && goneAsStatus) {
            refuse(exchange, 410, "Expired", "too old resource version: " + from);
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "application/json;stream=watch");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        if (!known) {
            send(out, "ERROR", status(410, "Expired", "too old resource version: " + from));
            return;
        }
        out.flush();
        long mine = generation;
        changeWatches(1);
        try {
            stream(out, key, metadataOnly, from, end, mine, query.containsKey("allowWatchBookmarks"));
        } finally {
            changeWatches(-1);
        }
    }

    private synchronized void changeWatches(int by) {
        watches += by;
    }

    private void stream(
            OutputStream out,
            String key,
            boolean metadataOnly,
            long from,
            Instant end,
            long mine,
            boolean withBookmarks)
            throws IOException, InterruptedException {
        long told = from;
        Instant bookmark = Instant.now().plus(bookmarks);
        while (mine == generation && Instant.now().isBefore(end)) {
            waitWhileFrozen();
            List<Change> fresh;
            long upTo;
            synchronized (this) {
                long after = told;
                fresh = changes.stream()
                        .filter(change ->
                                change.version() > after && change.key().equals(key))
                        .toList();
                upTo = version;
            }
            for (Change change : fresh) {
                send(out, change.type(), shown(change.object(), metadataOnly));
            }
            told = upTo;
            if (withBookmarks && Instant.now().isAfter(bookmark)) {
                send(
                        out,
                        "BOOKMARK",
                        Map.of("kind", "Secret", "metadata", Map.of("resourceVersion", String.valueOf(told))));
                bookmarked = told;
                bookmark = Instant.now().plus(bookmarks);
            }
            Thread.sleep(TICK);
        }
    }

    private static void send(OutputStream out, String type, Map<String, Object> object) throws IOException {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("type", type);
        event.put("object", object);
        out.write(Json.write(event));
        out.write('\n');
        out.flush();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> metadata(Map<String, Object> object) {
        return (Map<String, Object>) Objects.requireNonNull(object.get("metadata"));
    }

    private static Map<String, Object> shown(Map<String, Object> object, boolean metadataOnly) {
        return metadataOnly
                ? Map.of(
                        "kind", "PartialObjectMetadata",
                        "apiVersion", "meta.k8s.io/v1",
                        "metadata", metadata(object))
                : object;
    }

    private void token(HttpExchange exchange, String namespace, String name, byte[] body) throws IOException {
        if (!may(exchange, "create", "serviceaccounts/token", namespace, name)) {
            return;
        }
        Account account;
        synchronized (this) {
            account = accounts.get(namespace + "/" + name);
        }
        if (account == null) {
            refuse(exchange, 404, "NotFound", "serviceaccounts \"" + name + "\" not found");
            return;
        }
        JsonObject spec;
        try {
            spec = Json.parse(body).object("spec");
        } catch (Json.MalformedJson e) {
            refuse(exchange, 400, "BadRequest", "the object provided is unrecognized");
            return;
        }
        long seconds = spec.number("expirationSeconds").orElse(3600);
        if (seconds < 600) {
            refuse(exchange, 422, "Invalid", "spec.expirationSeconds: may not specify a duration less than 10 minutes");
            return;
        }
        String token = account.token(spec.texts("audiences"), Duration.ofSeconds(seconds));
        given.add(token);
        answer(
                exchange,
                201,
                Map.of(
                        "kind", "TokenRequest",
                        "apiVersion", "authentication.k8s.io/v1",
                        "status",
                                Map.of(
                                        "token",
                                        token,
                                        "expirationTimestamp",
                                        Instant.now()
                                                .plusSeconds(seconds)
                                                .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                                                .toString())));
    }

    private static Map<String, Object> status(int code, String reason, String message) {
        return Map.of(
                "kind",
                "Status",
                "apiVersion",
                "v1",
                "status",
                "Failure",
                "message",
                message,
                "reason",
                reason,
                "code",
                code);
    }

    private static void refuse(HttpExchange exchange, int code, String reason, String message) throws IOException {
        answer(exchange, code, status(code, reason, message));
    }

    private static void answer(HttpExchange exchange, int code, Map<String, Object> object) throws IOException {
        byte[] body = Json.write(object);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
    }
}

package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Replays every recorded request, in order and at its recorded time, and compares status and key set (for leases and
 * tokens also the granted time), so that the double stays as the real server was.
 */
class VaultRecordingsTest {
    private static final String ROOT_TOKEN = "s.R7fwP1zPYjpZiUsUnRim10pq";
    private static final String CLUSTER_ROOT_TOKEN = "s.RQiVxBw0SKJSqPnvqvBW51IH";

    /** Not the API's: the TLS listener's own answer, an uninitialised server, and two measured timelines. */
    private static final Set<String> NOT_REPLAYED =
            Set.of("tls-port-spoken-plain", "uninitialised-health", "step-down-timeline", "leader-lost-timeline");

    /** Made without a recorded request: the server had been switched by hand. */
    private static final Map<String, VaultDouble.Mode> MODE_BEFORE = Map.of(
            "standby-health", VaultDouble.Mode.NO_LEADER,
            "standby-leader", VaultDouble.Mode.UP,
            "standby-kv-write-no-forward", VaultDouble.Mode.NO_LEADER,
            "standby-lookup-self", VaultDouble.Mode.UP,
            "no-leader-write", VaultDouble.Mode.NO_LEADER);

    private static final String[] GATEWAY = {
        "database/creds/orders-*",
        "database/creds/billing-*",
        "database/creds/analytics-*",
        "database/static-creds/*",
        "kv/data/pg/orders/*",
        "kv/metadata/pg/orders/*",
        "sys/leases/revoke"
    };

    private Instant now = Instant.EPOCH;
    private final VaultDouble vault = new VaultDouble(() -> now);
    private final MemoryRoles roles = new MemoryRoles();
    private final Map<String, String> replaced = new HashMap<>();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status",
                "login-approle",
                "login-jwt",
                "login-kubernetes",
                "database",
                "kv2",
                "leases",
                "token",
                "errors",
                "namespaces",
                "sealed",
                "standby"
            })
    void answersAsTheRealServerDid(String file) throws Exception {
        List<JsonObject> exchanges = exchanges(file);
        now = time(exchanges.getFirst()).minusMillis(900);
        build(file, exchanges);
        List<String> differences = new ArrayList<>();

        for (JsonObject exchange : exchanges) {
            if (!NOT_REPLAYED.contains(exchange.text("name"))) {
                replay(exchange, differences);
            }
        }

        assertThat(differences).isEmpty();
    }

    private void replay(JsonObject exchange, List<String> differences) {
        String name = exchange.text("name");
        now = time(exchange).isAfter(now) ? time(exchange) : now;
        VaultDouble.Mode mode = MODE_BEFORE.get(name);
        if (mode != null) {
            vault.setMode(mode);
        }
        if (name.equals("rate-limited-0")) {
            vault.setQuota("kv/", 2);
        }
        JsonObject request = exchange.object("request");
        JsonObject recorded = exchange.object("response");
        DoubleAnswer answer = send(request);
        if (answer.status() != recorded.number("status").orElseThrow()) {
            differences.add(name + ": status " + answer.status() + " " + answer.body() + ", recorded "
                    + recorded.get("status"));
            return;
        }
        Set<String> keys = keys("", answer.body() == null ? null : new JsonObject(answer.body()));
        Set<String> expected = keys("", recorded.get("body"));
        if (!keys.equals(expected)) {
            differences.add(name + ": keys " + keys + ", recorded " + expected);
        }
        if (recorded.get("body") instanceof JsonObject body && answer.body() != null) {
            compareTimes(name, new JsonObject(answer.body()), body, differences);
            learn(new JsonObject(answer.body()), body);
        }
    }

    /** The recorded times are whole seconds, of a clock that ran on between issue and answer. */
    private static void compareTimes(String name, JsonObject answer, JsonObject recorded, List<String> differences) {
        for (String part : List.of("", "auth", "data")) {
            JsonObject ours = part.isEmpty() ? answer : object(answer, part);
            JsonObject theirs = part.isEmpty() ? recorded : recorded.object(part);
            String key = part.equals("data") ? "ttl" : "lease_duration";
            long expected = theirs.number(key).orElse(0);
            long actual = ours.get(key) instanceof Number n ? n.longValue() : 0;
            if (!name.startsWith("static-creds") && Math.abs(expected - actual) > 2) {
                differences.add(name + ": " + part + " " + key + " " + actual + ", recorded " + expected);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static JsonObject object(JsonObject parent, String name) {
        return parent.get(name) instanceof Map<?, ?> map
                ? new JsonObject((Map<String, @Nullable Object>) map)
                : parent.object(name);
    }

    /** Later requests carry the recorded ids: ours stand in for them. */
    private void learn(JsonObject answer, JsonObject recorded) {
        for (String part : List.of("auth", "data", "")) {
            JsonObject ours = part.isEmpty() ? answer : object(answer, part);
            JsonObject theirs = part.isEmpty() ? recorded : recorded.object(part);
            for (String key : List.of("client_token", "secret_id", "lease_id")) {
                if (!theirs.text(key).isEmpty() && !ours.text(key).isEmpty()) {
                    replaced.put(theirs.text(key), ours.text(key));
                }
            }
        }
    }

    private DoubleAnswer send(JsonObject request) {
        Map<String, String> headers = new HashMap<>();
        JsonObject recordedHeaders = request.object("headers");
        for (String header : recordedHeaders.names()) {
            headers.put(header.toLowerCase(Locale.ROOT), translate(recordedHeaders.text(header)));
        }
        if (request.get("body") instanceof String) {
            return DoubleAnswer.error(400, "error parsing JSON");
        }
        Map<String, @Nullable Object> body = request.object("body").toMap();
        body.replaceAll((key, value) -> value instanceof String text ? translate(text) : value);
        String[] target =
                translate(request.text("path")).substring("/v1/".length()).split("\\?", 2);
        return vault.handle(new DoubleRequest(
                request.text("method"),
                target[0],
                VaultDoubleServer.query(target.length > 1 ? target[1] : null),
                headers,
                new JsonObject(body),
                ""));
    }

    private String translate(String text) {
        String translated = text;
        for (Map.Entry<String, String> entry : replaced.entrySet()) {
            translated = translated.replace(entry.getKey(), entry.getValue());
        }
        return translated;
    }

    private static Set<String> keys(String path, @Nullable Object value) {
        Set<String> keys = new TreeSet<>();
        Object seen = value instanceof JsonObject object ? object.toMap() : value;
        if (seen instanceof Map<?, ?> map) {
            map.forEach((key, member) -> {
                // What operators chose freely is no shape.
                if (!path.endsWith("/custom_metadata") && !path.endsWith("/data/data")) {
                    keys.add(path + "/" + key);
                    keys.addAll(keys(path + "/" + key, member));
                }
            });
        }
        return keys;
    }

    private void build(String file, List<JsonObject> exchanges) throws Exception {
        Duration minute = Duration.ofSeconds(60);
        DoubleTokens.Rules gateway = DoubleTokens.Rules.of(minute, Duration.ofMinutes(10), GATEWAY);
        DoubleTokens.Rules root = DoubleTokens.Rules.of(Duration.ZERO, Duration.ZERO);
        vault.putToken(ROOT_TOKEN, root);
        vault.putToken(CLUSTER_ROOT_TOKEN, root);
        buildDatabase();
        vault.kv("", "kv", 2)
                .put("pg/orders/auth-query", map("username", "gw_lookup", "password", "p", "query", "SELECT 1"));
        vault.kv("", "kv", 2).put("x", map("k", "v"));
        DoubleLogins logins = vault.logins("");
        logins.putAppRole(
                "gateway", gateway, "6ea292f8-cb47-bc60-3cdf-4785718524b3", "92502029-b981-bf5c-d56e-cb560b238308", 0);
        DoubleTokens.Rules limited = DoubleTokens.Rules.of(Duration.ofHours(1), Duration.ZERO, GATEWAY)
                .uses(2);
        logins.putAppRole("rec-uses", limited, "15127ccc-5b81-8221-debf-188cd9122a70", "unused", 1);
        logins.putAppRole(
                "rec-batch",
                gateway.asBatch(),
                "59af93f0-9743-51cb-2662-939900da1f1a",
                "369adf2f-efa6-d433-4d08-195d86944a25",
                0);
        logins.putRole("jwt", "gateway", new DoubleLogins.Role(gateway, "vault", "https://issuer.test", ""));
        logins.putRole("kubernetes", "gateway", new DoubleLogins.Role(gateway, "", "", "gateway"));
        logins.putRole("kubernetes", "orders", new DoubleLogins.Role(gateway, "", "", "orders"));
        logins.putRole("kubernetes", "rec-aud", new DoubleLogins.Role(gateway, "vault", "", "gateway"));
        if (file.equals("namespaces")) {
            vault.addNamespace("team-a");
            vault.kv("team-a", "kv", 2).put("x", map("k", "v"));
            vault.logins("team-a")
                    .putAppRole(
                            "r",
                            DoubleTokens.Rules.of(minute, Duration.ZERO, "kv/data/x"),
                            "a8bf46d0-dcf9-e603-a74f-69a37cfe5997",
                            "6aca4844-375e-dc95-a3c8-f2d30d8f336d",
                            0);
        }
        vault.setClustered(file.equals("standby"));
        putRecordedTokens(exchanges, gateway, logins);
    }

    private void buildDatabase() throws Exception {
        Duration ttl = Duration.ofSeconds(20);
        Duration max = Duration.ofSeconds(60);
        for (String role : List.of("orders-app", "billing-app", "analytics-app")) {
            vault.putRole(role, roles, ttl, max);
        }
        vault.putRole("orders-long", roles, Duration.ofHours(1), Duration.ofHours(24));
        MemoryRoles down = new MemoryRoles();
        down.setDown(true);
        vault.putRole("rec-down", down, ttl, max);
        vault.putRole("orders-badsql", down, ttl, max);
        vault.database("database").put("rec-notallowed", new DoubleDatabase.Role(roles, ttl, max, false));
        vault.putStaticRole("orders-static", "orders_static", roles, Duration.ofSeconds(30), Duration.ZERO);
    }

    /** Tokens that the recordings use without showing their login. */
    private void putRecordedTokens(List<JsonObject> exchanges, DoubleTokens.Rules gateway, DoubleLogins logins) {
        Set<String> shown = new TreeSet<>();
        for (JsonObject exchange : exchanges) {
            JsonObject request = exchange.object("request");
            String jwt = request.object("body").text("jwt");
            if (!jwt.isEmpty() && !exchange.text("name").contains("bad-signature") && !jwt.equals("abc")) {
                logins.trust(jwt);
            }
            String token = request.object("headers").text("X-Vault-Token");
            boolean known = token.isEmpty()
                    || token.equals(ROOT_TOKEN)
                    || token.equals(CLUSTER_ROOT_TOKEN)
                    || token.contains("AAAAAAAA")
                    || shown.contains(token);
            if (!known) {
                shown.add(token);
                now = time(exchange);
                vault.putToken(token, rules(token, gateway));
            }
            JsonObject auth = exchange.object("response").object("body").object("auth");
            if (!auth.text("client_token").isEmpty()) {
                shown.add(auth.text("client_token"));
            }
        }
        now = time(exchanges.getFirst());
    }

    private static DoubleTokens.Rules rules(String token, DoubleTokens.Rules gateway) {
        if (token.startsWith("s.xezt")) {
            return DoubleTokens.Rules.of(Duration.ofSeconds(15), Duration.ofMinutes(10), GATEWAY)
                    .explicitMax(Duration.ofSeconds(30));
        }
        if (token.startsWith("s.HoYz")) {
            return gateway.notRenewable();
        }
        return token.startsWith("s.opHo") ? gateway.periodic(Duration.ofSeconds(20)) : gateway;
    }

    private static List<JsonObject> exchanges(String file) throws IOException, Json.MalformedJson {
        try (InputStream in = Stream.of(
                        VaultRecordingsTest.class.getResourceAsStream("/vault-recordings/" + file + ".json"))
                .filter(java.util.Objects::nonNull)
                .findFirst()
                .orElseThrow()) {
            String list = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            JsonObject document = Json.parse(("{\"all\":" + list + "}").getBytes(StandardCharsets.UTF_8));
            return ((List<?>) java.util.Objects.requireNonNull(document.get("all")))
                    .stream().map(JsonObject.class::cast).toList();
        }
    }

    private static Instant time(JsonObject exchange) {
        String date = exchange.object("response").object("headers").text("Date");
        return date.isEmpty()
                ? Instant.EPOCH
                : ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
    }
}

package dev.postern.gateway.it.harness;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Stands in for STS and for the agent of EKS Pod Identity, on a port of 127.0.0.1; knows every key that it gave. */
public final class FakeAws implements AutoCloseable {
    /** The ServiceAccount's token that is let in. */
    public static final String SERVICE_ACCOUNT_TOKEN = "jwt-of-the-pod";

    private final HttpServer server;
    private final Supplier<Instant> clock;
    private final Map<String, Keys> given = new ConcurrentHashMap<>();
    private final List<String> requests = new ArrayList<>();
    private final AtomicInteger number = new AtomicInteger();
    private volatile Duration lifetime;
    private volatile boolean away;

    /** What signs, until when. */
    public record Keys(String id, String secret, String session, Instant expires) {}

    public FakeAws(Supplier<Instant> clock, Duration lifetime) {
        this.clock = clock;
        this.lifetime = lifetime;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::serve);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** From now on nothing is given any more. */
    public void goAway() {
        away = true;
    }

    public void comeBack() {
        away = false;
    }

    /** New keys, as any of the ways gives them. */
    public Keys issue() {
        int n = number.incrementAndGet();
        Keys keys = new Keys(
                "ASIAFAKE" + n,
                "secret/" + n + "+",
                "session/" + n + "==",
                clock.get().plus(lifetime));
        given.put(keys.id(), keys);
        return keys;
    }

    public Optional<Keys> find(String id) {
        return Optional.ofNullable(given.get(id));
    }

    /** Names of actions and paths, in order. */
    public synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Map<String, String> form =
                    form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            synchronized (this) {
                requests.add(form.getOrDefault("Action", path));
            }
            Optional<String> answer = away ? Optional.empty() : answer(exchange, path, form);
            byte[] body = answer.orElse("").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.isPresent() ? 200 : 403, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private Optional<String> answer(HttpExchange exchange, String path, Map<String, String> form) {
        if (path.equals("/v1/credentials")) {
            boolean known = "pod-token".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            return known ? Optional.of(json(issue())) : Optional.empty();
        }
        String action = form.getOrDefault("Action", "");
        return switch (action) {
            case "AssumeRoleWithWebIdentity" ->
                SERVICE_ACCOUNT_TOKEN.equals(form.get("WebIdentityToken"))
                        ? Optional.of(xml(action, issue()))
                        : Optional.empty();
            case "AssumeRole" ->
                "tenant-7".equals(form.get("ExternalId")) ? Optional.of(xml(action, issue())) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static String json(Keys keys) {
        return """
                {"Code":"Success","AccessKeyId":"%s","SecretAccessKey":"%s","Token":"%s","Expiration":"%s"}""".formatted(keys.id(), keys.secret(), keys.session(), keys.expires());
    }

    private static String xml(String action, Keys keys) {
        return """
                <%1$sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%1$sResult><Credentials>
                <AccessKeyId>%2$s</AccessKeyId><SecretAccessKey>%3$s</SecretAccessKey>
                <SessionToken>%4$s</SessionToken><Expiration>%5$s</Expiration>
                </Credentials></%1$sResult></%1$sResponse>""".formatted(action, keys.id(), keys.secret(), keys.session(), keys.expires());
    }

    static Map<String, String> form(String text) {
        Map<String, String> form = new HashMap<>();
        for (String field : text.split("&", -1)) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                form.put(
                        field.substring(0, equals),
                        URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return form;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

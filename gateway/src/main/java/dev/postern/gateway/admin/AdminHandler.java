package dev.postern.gateway.admin;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers GET and HEAD, and the one POST that ends the gateway where the configuration allows it. */
final class AdminHandler implements HttpHandler {
    private static final Logger log = LoggerFactory.getLogger(AdminHandler.class);

    private static final int OK = 200;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int INTERNAL_ERROR = 500;
    private static final int UNAVAILABLE = 503;

    private static final String TEXT = "text/plain; charset=utf-8";
    /** What sidecars are told by jobs that are done, since Envoy and Istio had it. */
    private static final String QUIT = "/quitquitquit";

    private static final String HTML = "text/html; charset=utf-8";

    private final GatewayPort gateway;
    private final Metrics metrics;

    /** What is sent back. */
    private record Answer(int status, String type, byte[] body) {
        static Answer text(int status, String line) {
            return new Answer(status, TEXT, (line + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    AdminHandler(GatewayPort gateway) {
        this.gateway = gateway;
        this.metrics = new Metrics(gateway);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestURI().getPath().equals(QUIT) && gateway.mayQuit()) {
                quit(exchange);
                return;
            }
            String method = exchange.getRequestMethod();
            boolean head = method.equals("HEAD");
            Answer answer;
            if (head || method.equals("GET")) {
                answer = answer(exchange.getRequestURI().getPath());
            } else {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                answer = Answer.text(METHOD_NOT_ALLOWED, "GET or HEAD");
            }
            send(exchange, answer, head);
        }
    }

    /** From this machine alone, and by no page in a browser on it. */
    private void quit(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")) {
            exchange.getResponseHeaders().set("Allow", "POST");
            send(exchange, Answer.text(METHOD_NOT_ALLOWED, "POST"), false);
        } else if (!exchange.getRemoteAddress().getAddress().isLoopbackAddress()
                || exchange.getRequestHeaders().containsKey("Origin")) {
            send(exchange, Answer.text(FORBIDDEN, "only from this machine"), false);
        } else {
            send(exchange, Answer.text(OK, "draining"), false);
            gateway.quit();
        }
    }

    private Answer answer(String path) {
        try {
            return switch (path) {
                case "/healthz" -> {
                    Health health = Health.of(gateway.loops());
                    yield Answer.text(health.alive() ? OK : UNAVAILABLE, health.text());
                }
                case "/readyz" -> {
                    Optional<String> notReady = gateway.notReady();
                    yield Answer.text(notReady.isEmpty() ? OK : UNAVAILABLE, notReady.orElse("ready"));
                }
                case "/metrics" -> new Answer(OK, Metrics.CONTENT_TYPE, metrics.scrape());
                case "/" -> new Answer(OK, HTML, StatusPage.of(gateway.report()).getBytes(StandardCharsets.UTF_8));
                default -> Answer.text(NOT_FOUND, "there are /, /healthz, /readyz and /metrics");
            };
        } catch (IOException | RuntimeException e) {
            log.atError().addKeyValue("path", path).setCause(e).log("admin_error");
            return Answer.text(INTERNAL_ERROR, "failed; see the log");
        }
    }

    private static void send(HttpExchange exchange, Answer answer, boolean head) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", answer.type());
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
        if (head) {
            headers.set("Content-Length", String.valueOf(answer.body().length));
            exchange.sendResponseHeaders(answer.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(answer.status(), answer.body().length);
        exchange.getResponseBody().write(answer.body());
    }
}

package dev.postern.auth.credentials.vault;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import dev.postern.auth.credentials.LoopbackHttp;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** {@link VaultDouble} behind HTTP or HTTPS on a port of 127.0.0.1, with a heart that ends leases within 50 ms of their time. */
public final class VaultDoubleServer implements AutoCloseable {
    private static final Duration HEARTBEAT = Duration.ofMillis(50);

    private final VaultDouble vault;
    private final @Nullable SSLContext tls;
    private final ReentrantLock gate = new ReentrantLock();
    private final Condition thawed = gate.newCondition();
    private final Thread heart;
    private @Nullable HttpServer server;
    private int port;
    private boolean frozen;
    private volatile Duration delay = Duration.ZERO;
    private volatile boolean closed;
    private final AtomicInteger received = new AtomicInteger();

    /** Starts a server for a double. */
    public interface Starter {
        VaultDoubleServer start(VaultDouble vault) throws IOException;
    }

    private VaultDoubleServer(VaultDouble vault, @Nullable SSLContext tls) throws IOException {
        this.vault = vault;
        this.tls = tls;
        listen();
        heart = Thread.ofVirtual().name("vault-double-heart").start(this::beat);
    }

    public static VaultDoubleServer http(VaultDouble vault) throws IOException {
        return new VaultDoubleServer(vault, null);
    }

    /** The context holds the server's key, and the CA of client certificates where those count. */
    public static VaultDoubleServer https(VaultDouble vault, SSLContext tls) throws IOException {
        return new VaultDoubleServer(vault, tls);
    }

    public URI address() {
        return URI.create((tls == null ? "http" : "https") + "://127.0.0.1:" + port);
    }

    /** Answers nothing until {@link #thaw}, like a process that got SIGSTOP: connections are accepted, nothing expires. */
    public void freeze() {
        gate.lock();
        try {
            frozen = true;
            vault.setMode(VaultDouble.Mode.STOPPED);
        } finally {
            gate.unlock();
        }
    }

    public void thaw() {
        gate.lock();
        try {
            frozen = false;
            vault.setMode(VaultDouble.Mode.UP);
            thawed.signalAll();
        } finally {
            gate.unlock();
        }
    }

    /** Connections are refused until {@link #comeBack}. */
    public void goAway() {
        vault.setMode(VaultDouble.Mode.STOPPED);
        HttpServer running = server;
        if (running != null) {
            running.stop(0);
        }
        server = null;
    }

    public void comeBack() throws IOException {
        vault.setMode(VaultDouble.Mode.UP);
        listen();
    }

    /** Every answer comes so much later. */
    public void setDelay(Duration delay) {
        this.delay = delay;
    }

    @Override
    public void close() {
        closed = true;
        thaw();
        heart.interrupt();
        if (server != null) {
            server.stop(0);
        }
    }

    private void listen() throws IOException {
        HttpServer started = LoopbackHttp.start(port, configurator(), this::serve);
        server = started;
        port = started.getAddress().getPort();
    }

    private @Nullable HttpsConfigurator configurator() {
        return tls == null
                ? null
                : new HttpsConfigurator(tls) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        var ssl = getSSLContext().getDefaultSSLParameters();
                        ssl.setWantClientAuth(true);
                        parameters.setSSLParameters(ssl);
                    }
                };
    }

    private void beat() {
        while (!closed) {
            vault.tick();
            try {
                Thread.sleep(HEARTBEAT);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Requests that have come so far, also those that were never answered. */
    public int received() {
        return received.get();
    }

    private void serve(HttpExchange exchange) throws IOException {
        received.incrementAndGet();
        try (exchange) {
            pause();
            DoubleAnswer answer;
            try {
                answer = vault.handle(request(exchange));
            } catch (Json.MalformedJson e) {
                answer = DoubleAnswer.error(400, "error parsing JSON");
            }
            var headers = exchange.getResponseHeaders();
            headers.set("Cache-Control", "no-store");
            headers.set("Content-Type", "application/json");
            headers.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
            answer.headers().forEach(headers::set);
            byte[] body = answer.body() == null ? new byte[0] : Json.write(answer.body());
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private void pause() {
        gate.lock();
        try {
            while (frozen) {
                thawed.awaitUninterruptibly();
            }
        } finally {
            gate.unlock();
        }
        if (!delay.isZero()) {
            try {
                Thread.sleep(delay);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static DoubleRequest request(HttpExchange exchange) throws IOException, Json.MalformedJson {
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
        byte[] body = exchange.getRequestBody().readAllBytes();
        String certificate = "";
        if (exchange instanceof HttpsExchange https) {
            try {
                certificate = https.getSSLSession().getPeerPrincipal().getName();
            } catch (SSLPeerUnverifiedException e) {
                certificate = "";
            }
        }
        URI uri = exchange.getRequestURI();
        return new DoubleRequest(
                exchange.getRequestMethod(),
                uri.getPath().replaceFirst("^/v1/", ""),
                query(uri.getRawQuery()),
                headers,
                body.length == 0 ? JsonObject.EMPTY : Json.parse(body),
                certificate);
    }

    static Map<String, String> query(@Nullable String rawQuery) {
        Map<String, String> query = new HashMap<>();
        if (rawQuery != null) {
            for (String parameter : rawQuery.split("&", -1)) {
                int equals = parameter.indexOf('=');
                query.put(
                        equals < 0 ? parameter : parameter.substring(0, equals),
                        equals < 0 ? "" : URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return query;
    }
}

package dev.postern.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.config.ListenAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {
    private final SomeGateway gateway = new SomeGateway(Reports.of("orders"));
    private final HttpClient http = HttpClient.newHttpClient();
    private AdminServer server;

    @BeforeEach
    void start() throws IOException {
        server = AdminServer.start(new ListenAddress("127.0.0.1", 0), gateway);
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    @Test
    void isAlive() throws Exception {
        HttpResponse<String> answer = send("GET", "/healthz");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("ok\n");
    }

    @Test
    void isNotAliveWhenALoopIsStuck() throws Exception {
        GatewayReport well = gateway.report;
        gateway.report = new GatewayReport(
                well.build(),
                well.startedAt(),
                well.notReady(),
                well.clients(),
                well.memory(),
                well.droppedEvents(),
                List.of(new LoopReport(0, Duration.ofSeconds(9), Duration.ofSeconds(9))),
                well.listeners(),
                well.routes());
        HttpResponse<String> answer = send("GET", "/healthz");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("event loop 0 has not answered for 9 s\n");
    }

    @Test
    void isReadyUntilItDrains() throws Exception {
        assertThat(send("GET", "/readyz").statusCode()).isEqualTo(200);
        gateway.report = Reports.of("orders", Optional.of("draining"));
        HttpResponse<String> answer = send("GET", "/readyz");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("draining\n");
        assertThat(send("GET", "/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void quitsByPostWhereThatIsAllowed() throws Exception {
        assertThat(send("POST", "/quitquitquit").statusCode()).isEqualTo(405);
        assertThat(send("GET", "/quitquitquit").statusCode()).isEqualTo(404);
        gateway.mayQuit = true;
        assertThat(send("GET", "/quitquitquit").statusCode()).isEqualTo(405);
        assertThat(http.send(
                                HttpRequest.newBuilder(
                                                URI.create("http://127.0.0.1:" + server.port() + "/quitquitquit"))
                                        .header("Origin", "https://example.com")
                                        .POST(BodyPublishers.noBody())
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(403);
        assertThat(gateway.quits).isZero();
        HttpResponse<String> answer = send("POST", "/quitquitquit");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("draining\n");
        Awaitility.await().until(() -> gateway.quits == 1);
    }

    @Test
    void servesMetricsAndTheStatusPage() throws Exception {
        HttpResponse<String> metrics = send("GET", "/metrics");
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.headers().firstValue("Content-Type")).hasValue(Metrics.CONTENT_TYPE);
        assertThat(metrics.body()).contains("postern_ready 1.0\n");
        HttpResponse<String> page = send("GET", "/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.body()).startsWith("<!doctype html>").endsWith("</html>\n");
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        HttpResponse<String> answer = send("HEAD", "/healthz");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().firstValue("Content-Length")).hasValue("3");
    }

    @Test
    void refusesOtherMethodsAndPaths() throws Exception {
        HttpResponse<String> post = send("POST", "/healthz");
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD");
        assertThat(send("GET", "/healthz/").statusCode()).isEqualTo(404);
        assertThat(send("GET", "/etc/passwd").statusCode()).isEqualTo(404);
    }

    @Test
    void needsAPortOfItsOwn() {
        ListenAddress taken = new ListenAddress("127.0.0.1", server.port());
        assertThatThrownBy(() -> AdminServer.start(taken, gateway).close()).isInstanceOf(BindException.class);
    }

    private HttpResponse<String> send(String method, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(20))
                .build();
        return http.send(request, BodyHandlers.ofString());
    }
}

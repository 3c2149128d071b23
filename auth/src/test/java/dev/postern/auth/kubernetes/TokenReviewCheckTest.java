package dev.postern.auth.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.postern.auth.Secret;
import dev.postern.auth.client.ClientAddress;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.OutsideCheck.Verdict;
import dev.postern.auth.client.Rejection;
import dev.postern.auth.kubernetes.api.ApiEndpoint;
import dev.postern.auth.kubernetes.api.ApiServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenReviewCheckTest {
    private static final String KNOWN = """
            {"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{"authenticated":true,
             "user":{"username":"system:serviceaccount:shop:orders","uid":"1"},"audiences":["postern"]}}""";

    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private final List<String> bodies = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private String answer = KNOWN;
    private int status = 201;
    private HttpServer server;
    private Path ownToken;
    private ApiServer api;
    private TokenReviewCheck check;

    @BeforeEach
    void start(@TempDir Path dir) throws IOException {
        ownToken = Files.writeString(dir.resolve("token"), "own-token\n");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/apis/authentication.k8s.io/v1/tokenreviews", exchange -> {
            requests.incrementAndGet();
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            byte[] body = answer.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        api = new ApiServer(
                new ApiEndpoint(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()), ownToken, Path.of("unused")),
                task -> Thread.ofVirtual().start(task));
        check = new TokenReviewCheck(
                new TokenReviewRules(
                        "postern", (account, role) -> account.equals("system:serviceaccount:shop:" + role)),
                api,
                Runnable::run,
                nanos::get);
    }

    @AfterEach
    void stop() {
        api.close();
        server.stop(0);
    }

    @Test
    void letsTheAccountInAsTheRoleItMapsTo() {
        assertThat(check("orders", "client-token")).isEmpty();
        assertThat(check("billing", "client-token"))
                .contains("\"system:serviceaccount:shop:orders\" may not be this role");
        assertThat(bodies.getFirst()).contains("\"token\":\"client-token\"").contains("\"audiences\":[\"postern\"]");
        assertThat(authorizations.getFirst()).isEqualTo("Bearer own-token");
    }

    @Test
    void remembersAnAnswerForAMinute() throws IOException {
        for (int i = 0; i < 10; i++) {
            assertThat(check("orders", "client-token")).isEmpty();
        }
        assertThat(requests).hasValue(1);
        check("orders", "another-token");
        assertThat(requests).hasValue(2);

        Files.writeString(ownToken, "rotated-token");
        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        check("orders", "client-token");
        assertThat(authorizations.getLast()).isEqualTo("Bearer rotated-token");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"status\":{\"authenticated\":false,\"error\":\"expired\"}}",
                "{\"status\":{\"user\":{\"username\":\"system:serviceaccount:shop:orders\"},\"audiences\":[\"postern\"]}}",
                "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:shop:orders\"}}}",
                "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:shop:orders\"},"
                        + "\"audiences\":[\"other\"]}}",
                "{\"status\":{\"authenticated\":true,\"audiences\":[\"postern\"]}}",
                "{\"status\":{\"authenticated\":\"true\",\"user\":{\"username\":\"x\"},\"audiences\":[\"postern\"]}}",
                "{}"
            })
    void refusesWhatTheClusterDoesNotVouchFor(String said) {
        answer = said;
        assertThat(check("orders", "client-token")).contains("the cluster does not know it for audience \"postern\"");
    }

    @Test
    void refusesAnEmptyTokenUnasked() {
        assertThat(check("orders", "")).contains("it is empty");
        assertThat(requests).hasValue(0);
    }

    @Test
    void aClusterThatCannotBeAskedIsNoWrongTokenAndIsNotRemembered() {
        status = 403;
        assertThatThrownBy(() -> check("orders", "client-token"))
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("may not create tokenreviews");
        status = 200;
        answer = "not json";
        assertThatThrownBy(() -> check("orders", "client-token")).isInstanceOf(CompletionException.class);
        answer = KNOWN;
        assertThat(check("orders", "client-token")).isEmpty();
    }

    private Optional<String> check(String user, String token) {
        LoginFacts facts = new LoginFacts(
                "orders",
                user,
                "orders",
                new ClientAddress.UnixSocket(""),
                false,
                true,
                Optional.empty(),
                Optional.empty());
        Verdict verdict =
                check.check(facts, Secret.ofText(token)).toCompletableFuture().join();
        return verdict instanceof Verdict.Refused(Rejection.TokenRefused(String who, String why))
                ? Optional.of(why)
                : Optional.empty();
    }

    @Test
    void saysNothingOfATokenThatIsNone() throws IOException {
        Files.writeString(ownToken, "own-token\nand-more");
        assertThatThrownBy(() -> check("orders", "client-token"))
                .hasStackTraceContaining("token")
                .satisfies(failure -> assertThat(stackTrace(failure)).doesNotContain("and-more"));
    }

    private static String stackTrace(Throwable failure) {
        java.io.StringWriter text = new java.io.StringWriter();
        failure.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }
}

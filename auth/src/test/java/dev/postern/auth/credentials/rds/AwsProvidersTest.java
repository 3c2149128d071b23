package dev.postern.auth.credentials.rds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.postern.auth.Secret;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.FakeTasks;
import dev.postern.auth.credentials.RecordingListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The credential sources against stand-ins of STS, Pod Identity and instance metadata. */
class AwsProvidersTest {
    private static final String STS_ANSWER = """
            <%1$sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%1$sResult>
              <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/x/y</Arn></AssumedRoleUser>
              <Credentials>
                <AccessKeyId>ASIA%1$s</AccessKeyId><SecretAccessKey>sk/+</SecretAccessKey>
                <SessionToken>st==</SessionToken><Expiration>%2$s</Expiration>
              </Credentials></%1$sResult></%1$sResponse>""";

    @TempDir
    Path folder;

    private final FakeTasks tasks = new FakeTasks();
    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return tasks.now();
        }
    };
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> seen = new ArrayList<>();
    private HttpServer server;
    private Duration lifetime = Duration.ofHours(1);

    AwsProvidersTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    }

    @BeforeEach
    void start() {
        server.createContext("/", this::serve);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private AwsProviders providers() {
        return new AwsProviders(environment, "eu-west-1", clock, address(), address());
    }

    private void serve(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var headers = exchange.getRequestHeaders();
        String path = exchange.getRequestURI().getPath();
        String expires = tasks.now().plus(lifetime).toString();
        String json = "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAJSON\",\"SecretAccessKey\":\"sk\",\"Token\":\"st\","
                + "\"Expiration\":\"" + expires + "\"}";
        seen.add(exchange.getRequestMethod() + " " + path + " " + body);
        String answer = switch (path) {
            case "/latest/api/token" -> headers.containsKey("X-aws-ec2-metadata-token-ttl-seconds") ? "session-1" : "";
            case "/latest/meta-data/iam/security-credentials/" -> "node-role\n";
            case "/latest/meta-data/iam/security-credentials/node-role" ->
                "session-1".equals(headers.getFirst("X-aws-ec2-metadata-token")) ? json : "";
            case "/v1/credentials" -> "pod-token".equals(headers.getFirst("Authorization")) ? json : "";
            case "/" -> sts(body, String.valueOf(headers.getFirst("Authorization")), expires);
            default -> "";
        };
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(bytes.length == 0 ? 403 : 200, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static String sts(String body, String authorization, String expires) {
        if (body.contains("Action=AssumeRoleWithWebIdentity")) {
            return body.contains("WebIdentityToken=jwt-1")
                    ? STS_ANSWER.formatted("AssumeRoleWithWebIdentity", expires)
                    : "";
        }
        boolean signed = authorization.startsWith("AWS4-HMAC-SHA256 Credential=AKID/")
                && authorization.contains("/eu-west-1/sts/aws4_request")
                && authorization.contains("SignedHeaders=host;x-amz-date, Signature=");
        return signed && body.contains("ExternalId=tenant") ? STS_ANSWER.formatted("AssumeRole", expires) : "";
    }

    @Test
    void environmentComesFirst() throws Exception {
        environment.put("AWS_ACCESS_KEY_ID", "AKID");
        environment.put("AWS_SECRET_ACCESS_KEY", "sk");
        environment.put("AWS_ROLE_ARN", "arn:aws:iam::1:role/x");
        environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere");

        assertThat(providers().standard().get().accessKeyId()).isEqualTo("AKID");
        assertThat(seen).isEmpty();
    }

    @Test
    void webIdentityAsksStsWithTheFilesTokenAndKeepsTheAnswer() throws Exception {
        irsa();
        AwsCredentialProvider provider = providers().standard();

        AwsCredentials credentials = provider.get();
        provider.get();

        assertThat(credentials.accessKeyId()).isEqualTo("ASIAAssumeRoleWithWebIdentity");
        assertThat(credentials.sessionToken().map(Secret::reveal)).contains("st==");
        assertThat(seen).hasSize(1);
        tasks.advance(Duration.ofMinutes(56));
        provider.get();
        assertThat(seen).hasSize(2);
    }

    @Test
    void podIdentitySendsItsTokenFile() throws Exception {
        environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", address() + "v1/credentials");
        environment.put(
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                Files.writeString(folder.resolve("token"), "pod-token\n").toString());

        assertThat(providers().standard().get().accessKeyId()).isEqualTo("ASIAJSON");
    }

    @Test
    void containerCredentialsNeedTlsElsewhere() {
        environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example.com/v1/credentials");

        assertThatThrownBy(() -> providers().standard().get())
                .isInstanceOf(CredentialUnavailable.class)
                .hasMessageContaining("without TLS");
    }

    @Test
    void instanceMetadataNeedsItsSession() throws Exception {
        assertThat(providers().standard().get().accessKeyId()).isEqualTo("ASIAJSON");
        assertThat(seen.getFirst()).startsWith("PUT /latest/api/token");
    }

    @Test
    void assumedRoleIsAskedForWithASignedRequest() throws Exception {
        environment.put("AWS_ACCESS_KEY_ID", "AKID");
        environment.put("AWS_SECRET_ACCESS_KEY", "sk");
        AwsProviders providers = providers();

        AwsCredentials credentials = providers
                .assuming("arn:aws:iam::2:role/tenant", "tenant", providers.standard())
                .get();

        assertThat(credentials.accessKeyId()).isEqualTo("ASIAAssumeRole");
    }

    @Test
    void refusalNamesTheStatusAndQuotesNothing() throws Exception {
        irsa();
        Files.writeString(folder.resolve("jwt"), "other-jwt");

        assertThatThrownBy(() -> providers().standard().get())
                .hasMessageContaining("403")
                .hasMessageNotContaining("other-jwt");
    }

    @Test
    void tokensAreKeptBelowTheirLifeAndMadeAnewWithoutANewGeneration() throws Exception {
        irsa();
        RecordingListener listener = new RecordingListener();
        CredentialSource source = RdsCredentialSource.of(
                "db.abc.eu-west-1.rds.amazonaws.com",
                5432,
                "app",
                "eu-west-1",
                providers().standard(),
                tasks,
                clock);
        source.listen(listener);

        String first = token(source);
        tasks.advance(Duration.ofMinutes(4));
        String sameToken = token(source);
        tasks.advance(Duration.ofMinutes(12));
        String later = token(source);

        assertThat(sameToken).isEqualTo(first);
        assertThat(later).isNotEqualTo(first).contains("X-Amz-Expires=900");
        assertThat(listener.heard()).containsExactly("rotated 1");
    }

    @Test
    void tokenEndsWithTheIdentityThatSignedIt() throws Exception {
        irsa();
        lifetime = Duration.ofMinutes(7);
        CredentialSource source = RdsCredentialSource.of(
                "db.abc.eu-west-1.rds.amazonaws.com",
                5432,
                "app",
                "eu-west-1",
                providers().standard(),
                tasks,
                clock);

        String first = token(source);
        tasks.advance(Duration.ofMinutes(7));

        assertThat(token(source)).isNotEqualTo(first);
    }

    private String token(CredentialSource source) {
        var stage = source.acquire().toCompletableFuture();
        tasks.settle();
        Credential credential = stage.join();
        source.release(credential);
        return credential.secret().reveal();
    }

    private void irsa() throws IOException {
        environment.put("AWS_ROLE_ARN", "arn:aws:iam::1:role/x");
        environment.put(
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                Files.writeString(folder.resolve("jwt"), "jwt-1").toString());
    }

    @Test
    void regionIsConfiguredOrInTheEnvironmentOrInTheName() throws Exception {
        Map<String, String> none = Map.of();
        String host = "db.abc.eu-west-1.rds.amazonaws.com";

        assertThat(RdsCredentialSource.region("us-east-2", none, host)).isEqualTo("us-east-2");
        assertThat(RdsCredentialSource.region("", Map.of("AWS_REGION", "us-west-1"), host))
                .isEqualTo("us-west-1");
        assertThat(RdsCredentialSource.region("", none, host)).isEqualTo("eu-west-1");
        assertThatThrownBy(() -> RdsCredentialSource.region("", none, "db.example.com"))
                .hasMessageContaining("no AWS region");
    }
}

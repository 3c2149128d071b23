package dev.postern.auth.credentials.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialStatus;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of Azure and Google Cloud against stand-ins of what gives them. */
class CloudTokensTest {
    @TempDir
    Path folder;

    private final FakeTasks tasks = new FakeTasks();
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> seen = new ArrayList<>();
    private final HttpServer server;
    private String answer = "{\"access_token\":\"t-1\",\"expires_in\":3599,\"token_type\":\"Bearer\"}";
    private int status = 200;

    CloudTokensTest() throws IOException {
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

    private String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void serve(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String flavor = exchange.getRequestHeaders().getFirst("Metadata-Flavor") + " "
                + exchange.getRequestHeaders().getFirst("Metadata");
        seen.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + flavor + " " + body);
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Test
    void googlesMetadataIsAskedForTheScopeOfLogins() throws Exception {
        environment.put("GCE_METADATA_HOST", address());

        AccessToken token = new GoogleTokens(environment).get();

        assertThat(token.token().reveal()).isEqualTo("t-1");
        assertThat(token.lifetime()).isEqualTo(Duration.ofSeconds(3599));
        assertThat(seen)
                .containsExactly("GET /computeMetadata/v1/instance/service-accounts/default/token"
                        + "?scopes=https://www.googleapis.com/auth/sqlservice.login Google null ");
    }

    @Test
    void azuresWorkloadIdentityExchangesThePodsToken() throws Exception {
        environment.put("AZURE_AUTHORITY_HOST", "http://" + address() + "/");
        environment.put("AZURE_CLIENT_ID", "client-1");
        environment.put("AZURE_TENANT_ID", "tenant-1");
        environment.put(
                "AZURE_FEDERATED_TOKEN_FILE",
                Files.writeString(folder.resolve("jwt"), "jwt-1\n").toString());

        assertThat(new AzureTokens(environment).get().token().reveal()).isEqualTo("t-1");
        assertThat(seen)
                .singleElement()
                .asString()
                .startsWith("POST /tenant-1/oauth2/v2.0/token ")
                .contains("client_id=client-1&grant_type=client_credentials&client_assertion_type=urn%3Aietf")
                .contains("&client_assertion=jwt-1&scope=https%3A%2F%2Fossrdbms-aad.database.windows.net%2F.default");
    }

    @Test
    void azuresMetadataHasItsNumberAsAText() throws Exception {
        answer = "{\"access_token\":\"t-2\",\"expires_in\":\"86399\",\"resource\":\"x\"}";

        AccessToken token = new AzureTokens(environment, URI.create("http://" + address())).get();

        assertThat(token.lifetime()).isEqualTo(Duration.ofSeconds(86399));
        assertThat(seen)
                .containsExactly("GET /metadata/identity/oauth2/token?api-version=2018-02-01"
                        + "&resource=https%3A%2F%2Fossrdbms-aad.database.windows.net null true ");
    }

    @Test
    void refusalsAndNonsenseAreToldWithoutWhatTheyHeld() {
        environment.put("GCE_METADATA_HOST", address());
        GoogleTokens tokens = new GoogleTokens(environment);
        status = 404;
        assertThatThrownBy(tokens::get)
                .isInstanceOf(CredentialUnavailable.class)
                .hasMessageContaining("404");
        status = 200;
        answer = "<html>secret</html>";
        assertThatThrownBy(tokens::get).hasMessage("the metadata server answered something else than a token");
        answer = "{\"access_token\":\"secret\"}";
        assertThatThrownBy(tokens::get)
                .hasMessageContaining("without a token that lives")
                .hasMessageNotContaining("secret");
        environment.put("AZURE_FEDERATED_TOKEN_FILE", "/nowhere");
        environment.put("AZURE_CLIENT_ID", "c");
        environment.put("AZURE_TENANT_ID", "t");
        assertThatThrownBy(() -> new AzureTokens(environment).get()).hasMessage("/nowhere cannot be read");
        environment.put("AZURE_AUTHORITY_HOST", "::");
        assertThatThrownBy(() -> new AzureTokens(environment).get()).hasMessage("AZURE_AUTHORITY_HOST is no address");
    }

    @Test
    void aNewTokenIsFetchedBeforeTheOldOneEndsAndReplacesNoConnection() {
        environment.put("GCE_METADATA_HOST", address());
        CredentialSource source = TokenCredentialSource.of("app", "cloudSql", new GoogleTokens(environment), tasks);
        RecordingListener listener = new RecordingListener();
        source.listen(listener);

        assertThat(secret(source)).isEqualTo("t-1");
        answer = answer.replace("t-1", "t-2");
        tasks.advance(Duration.ofMinutes(4));
        assertThat(secret(source)).isEqualTo("t-1");
        for (int i = 0; i < 13; i++) {
            tasks.advance(Duration.ofMinutes(4));
            secret(source);
        }
        assertThat(secret(source)).isEqualTo("t-2");
        assertThat(seen).hasSize(2);
        assertThat(listener.heard()).containsExactly("rotated 1");
    }

    @Test
    void anEndedTokenIsNotHandedOutWhileThereIsNoOther() {
        environment.put("GCE_METADATA_HOST", address());
        CredentialSource source = TokenCredentialSource.of("app", "cloudSql", new GoogleTokens(environment), tasks);
        assertThat(secret(source)).isEqualTo("t-1");
        status = 500;
        for (int minute = 0; minute < 59; minute++) {
            tasks.advance(Duration.ofMinutes(1));
            assertThat(secret(source)).isEqualTo("t-1");
        }
        tasks.advance(Duration.ofMinutes(1));
        assertThatThrownBy(() -> secret(source)).hasMessageContaining("500");
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.FAILING);

        status = 200;
        answer = answer.replace("t-1", "t-3");
        tasks.advance(Duration.ofMinutes(1));
        assertThat(secret(source)).isEqualTo("t-3");
    }

    private String secret(CredentialSource source) {
        var stage = source.acquire().toCompletableFuture();
        tasks.settle();
        Credential credential = stage.join();
        source.release(credential);
        return credential.secret().reveal();
    }
}

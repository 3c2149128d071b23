package dev.postern.auth.credentials.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.FakeTasks;
import dev.postern.auth.kubernetes.api.ApiEndpoint;
import dev.postern.auth.kubernetes.api.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceAccountTokenTest {
    private final FakeTasks tasks = new FakeTasks();
    private final AtomicInteger made = new AtomicInteger();
    private ApiServerDouble cluster;
    private ApiServer api;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        cluster = ApiServerDouble.http();
        cluster.know("own");
        cluster.allow("create", "serviceaccounts/token", "team-a", "app");
        for (String account : List.of("app", "other")) {
            cluster.putAccount(
                    "team-a",
                    account,
                    (audiences, life) ->
                            account + "-" + made.incrementAndGet() + "-" + audiences + "-" + life.toSeconds());
        }
        api = new ApiServer(
                new ApiEndpoint(
                        cluster.address(), Files.writeString(folder.resolve("token"), "own"), folder.resolve("none")),
                task -> Thread.ofVirtual().start(task));
    }

    @AfterEach
    void stop() {
        api.close();
        cluster.close();
    }

    private ServiceAccountToken token(String account) {
        return new ServiceAccountToken(api, "team-a", account, List.of("vault"), tasks);
    }

    @Test
    void isKeptUntilMostOfItsLifeIsOver() throws Exception {
        ServiceAccountToken token = token("app");
        assertThat(token.get().reveal()).isEqualTo("app-1-[vault]-3600");
        tasks.advance(Duration.ofMinutes(47));
        assertThat(token.get().reveal()).isEqualTo("app-1-[vault]-3600");
        tasks.advance(Duration.ofMinutes(2));
        assertThat(token.get().reveal()).isEqualTo("app-2-[vault]-3600");
    }

    @Test
    void oneThatWasRefusedIsNotGivenAgain() throws Exception {
        ServiceAccountToken token = token("app");
        token.get();
        token.refused();
        assertThat(token.get().reveal()).isEqualTo("app-2-[vault]-3600");
    }

    @Test
    void eachCallerHasACopyToWipe() throws Exception {
        ServiceAccountToken token = token("app");
        Secret first = token.get();
        first.wipe();
        assertThat(token.get().reveal()).isEqualTo("app-1-[vault]-3600");
    }

    @Test
    void twoIdentitiesShareNone() throws Exception {
        cluster.allow("create", "serviceaccounts/token", "team-a", "other");
        assertThat(token("app").get().reveal()).startsWith("app-");
        assertThat(token("other").get().reveal()).startsWith("other-");
    }

    @Test
    void whatIsNotAllowedOrNotThereIsSaid() {
        assertThatThrownBy(() -> token("other").get())
                .isInstanceOf(CredentialUnavailable.class)
                .hasMessageContaining("TokenRequest for serviceaccount team-a/other")
                .hasMessageContaining("answered 403")
                .hasMessageContaining("may not create serviceaccounts/token there");
        cluster.allow("create", "serviceaccounts/token", "team-a", "missing");
        assertThatThrownBy(() -> token("missing").get())
                .hasMessageContaining("answered 404: serviceaccounts \"missing\" not found");
        cluster.goAway();
        assertThatThrownBy(() -> token("app").get()).hasMessageContaining("cannot be asked");
    }

    @Test
    void whatIsHeldOutlivesAClusterThatIsAway() throws Exception {
        ServiceAccountToken token = token("app");
        token.get();
        cluster.goAway();
        assertThat(token.get().reveal()).isEqualTo("app-1-[vault]-3600");
        tasks.advance(Duration.ofHours(1));
        assertThatThrownBy(token::get).isInstanceOf(CredentialUnavailable.class);
    }

    @Test
    void isNeverMeantForTheApiServerItself() {
        assertThatThrownBy(() -> new ServiceAccountToken(api, "team-a", "app", List.of(), tasks))
                .hasMessageContaining("no audience");
    }
}

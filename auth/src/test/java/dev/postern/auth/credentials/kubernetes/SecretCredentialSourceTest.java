package dev.postern.auth.credentials.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.VirtualThreadTasks;
import dev.postern.auth.kubernetes.api.ApiEndpoint;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretCredentialSourceTest {
    /** Well below the 15 s after which a Secret without a watch is read again: only the watch can be so fast. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private final VirtualThreadTasks tasks = new VirtualThreadTasks();
    private ApiServerDouble cluster;
    private ApiServer api;
    private CredentialSource source;
    private Path token;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        cluster = ApiServerDouble.http();
        cluster.know("token-1");
        cluster.allowSecret("shop", "orders");
        token = Files.writeString(folder.resolve("token"), "token-1\n");
        api = new ApiServer(new ApiEndpoint(cluster.address(), token, folder.resolve("none")), tasks::run);
        source = SecretCredentialSource.of(api, "shop", "orders", "username", "password", tasks);
    }

    @AfterEach
    void stop() {
        source.close();
        api.close();
        cluster.close();
        tasks.close();
    }

    private void put(String user, String password) {
        cluster.put("shop", "orders", Map.of("username", user, "password", password, "uri", "postgresql://x:y@z"));
    }

    private Credential acquire() throws Exception {
        return source.acquire().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private void awaitWatch() {
        await().atMost(SOON).until(() -> cluster.watches() == 1);
    }

    private void awaitPassword(String password) {
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(acquire().secret().reveal()).isEqualTo(password));
    }

    @Test
    void givesTheValuesWithoutTheirLineEnds() throws Exception {
        put("app\n", "one\r\n");
        Credential credential = acquire();
        assertThat(credential.user()).isEqualTo("app");
        assertThat(credential.secret().reveal()).isEqualTo("one");
        assertThat(credential.generation()).isEqualTo(1);
    }

    @Test
    void theWatchTellsOfAChange() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        put("app2", "two");
        awaitPassword("two");
        assertThat(source.status().generation()).isEqualTo(2);
        assertThat(source.status().user()).isEqualTo("app2");
    }

    @Test
    void whatChangesBeforeTheWatchIsThereIsFound() throws Exception {
        put("app", "one");
        cluster.forbid("watch", "secrets", "shop", "orders");
        acquire();
        put("app", "two");
        cluster.allowSecret("shop", "orders");
        awaitPassword("two");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aVersionThatIsForgottenIsListedAgain(boolean asStatus) throws Exception {
        cluster.setGoneAsStatus(asStatus);
        put("app", "one");
        acquire();
        awaitWatch();
        long lists = cluster.requests("secrets?fieldSelector");
        // Between the end of one watch and the beginning of the next, a change that no watch can tell of.
        cluster.goAway();
        put("app", "two");
        cluster.compact();
        cluster.comeBack();
        awaitPassword("two");
        awaitWatch();
        assertThat(cluster.requests("secrets?fieldSelector")).isGreaterThan(lists);
    }

    @Test
    void aWatchThatEndsGoesOnWhereItWas() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        long lists = cluster.requests("secrets?fieldSelector");
        cluster.endWatches();
        put("app", "two");
        awaitPassword("two");
        assertThat(cluster.requests("secrets?fieldSelector")).isEqualTo(lists);
    }

    @Test
    void aBookmarkKeepsTheVersionYoung() throws Exception {
        cluster.setBookmarks(Duration.ofMillis(50));
        put("app", "one");
        acquire();
        awaitWatch();
        cluster.compact();
        await().until(cluster::hasBookmarked);
        long lists = cluster.requests("secrets?fieldSelector");
        cluster.endWatches();
        put("app", "two");
        awaitPassword("two");
        assertThat(cluster.requests("secrets?fieldSelector")).isEqualTo(lists);
    }

    @Test
    void noSecretComesByTheWatch() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        assertThat(cluster.requests())
                .allSatisfy(line -> assertThat(line)
                        .matches(
                                "GET /api/v1/namespaces/shop/secrets(/orders|\\?(watch=true&allowWatchBookmarks=true&)?"
                                        + "fieldSelector=metadata.name%3Dorders.*)"));
    }

    @Test
    void aSecretThatIsGoneLeavesTheCredential() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        cluster.delete("shop", "orders");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(source.status().lastError()).isEqualTo("it does not exist"));
        assertThat(acquire().secret().reveal()).isEqualTo("one");
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.READY);
        put("app", "two");
        awaitPassword("two");
    }

    @Test
    void aMalformedSecretLeavesTheCredentialAndIsNamed() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        for (String[] keyAndProblem : new String[][] {
            {"{", "its key password is no base64"},
            {"", "its key password is empty"},
            {"Cg==", "its key password is empty"},
            {"AA==", "its key password holds a zero byte"}
        }) {
            cluster.putEncoded("shop", "orders", Map.of("username", "YXBw", "password", keyAndProblem[0]));
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(source.status().lastError()).isEqualTo(keyAndProblem[1]));
            assertThat(acquire().secret().reveal()).isEqualTo("one");
        }
        cluster.put("shop", "orders", Map.of("user", "app", "password", "two"));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(source.status().lastError())
                        .isEqualTo("it has no key username (its keys: password, user)"));
        put("app", "three");
        awaitPassword("three");
    }

    @Test
    void aFrozenServerKeepsNobodyWaiting() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        cluster.freeze();
        put("app", "two");
        // Whatever is being read: nobody is kept for as long as the server may take.
        for (int i = 0; i < 5; i++) {
            assertThat(source.acquire().toCompletableFuture())
                    .succeedsWithin(Duration.ofSeconds(1))
                    .satisfies(known -> assertThat(known.secret().reveal()).isEqualTo("one"));
        }
        cluster.thaw();
        awaitPassword("two");
    }

    @Test
    void aReplacedTokenIsReadAgain() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        cluster.know("token-2");
        cluster.forget("token-1");
        Files.writeString(token, "token-2");
        cluster.endWatches();
        put("app", "two");
        awaitPassword("two");
    }

    @Test
    void withTheRightToGetAloneItIsReadAgainAndAgain() throws Exception {
        cluster.forbid("watch", "secrets", "shop", "orders");
        cluster.forbid("list", "secrets", "shop", "orders");
        put("app", "one");
        try (CredentialSource polled = SecretCredentialSource.of(
                api,
                new ObjectName("secrets", "shop", "orders"),
                "username",
                "password",
                Duration.ofSeconds(1),
                tasks)) {
            polled.acquire().toCompletableFuture().get(10, TimeUnit.SECONDS);
            put("app", "two");
            await().atMost(SOON).until(() -> polled.status().generation() == 2);
        }
        assertThat(cluster.requests("GET /api/v1/namespaces/shop/secrets/orders"))
                .isLessThan(7);
    }

    @Test
    void whatIsNotAllowedIsSaidInTheServersWords() {
        cluster.forbid("get", "secrets", "shop", "orders");
        assertThatThrownBy(this::acquire)
                .hasCauseInstanceOf(CredentialUnavailable.class)
                .hasMessageContaining("secret shop/orders: ")
                .hasMessageContaining("answered 403")
                .hasMessageContaining("cannot get resource \"secrets\"");
    }

    @Test
    void aClosedSourceLeavesNoWatch() throws Exception {
        put("app", "one");
        acquire();
        awaitWatch();
        source.close();
        await().atMost(SOON).untilAsserted(() -> {
            put("app", "again"); // the double notices a client that has gone when it writes
            assertThat(cluster.watches()).isZero();
        });
    }
}

package dev.postern.auth.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCredentialSourceTest {
    @TempDir
    Path folder;

    private final FakeTasks tasks = new FakeTasks();
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void firstVersion() throws IOException {
        version("v1", "app", "one\n");
        swapTo("v1");
    }

    @Test
    void givesContentWithoutItsLineEnd() throws IOException {
        CredentialSource source = fromMount();

        Credential credential = acquire(source);

        assertThat(credential.user()).isEqualTo("app");
        assertThat(credential.secret().reveal()).isEqualTo("one");
        assertThat(credential.generation()).isEqualTo(1);
        assertThat(credential.deadline()).isEqualTo(Instant.MAX);
    }

    @Test
    void symlinkSwapMakesNewGenerationAndRetiresTheOld() throws IOException {
        CredentialSource source = fromMount();
        acquire(source);
        version("v2", "app2", "two");

        swapTo("v2");
        tasks.advance(Duration.ofSeconds(2));

        assertThat(acquire(source).user()).isEqualTo("app2");
        assertThat(listener.heard()).containsExactly("rotated 1", "rotated 2");
        assertThat(source.generation(1)).isEqualTo(GenerationState.REPLACED);
        assertThat(source.generation(2)).isEqualTo(GenerationState.LASTING);
        assertThat(source.generation(3)).isEqualTo(GenerationState.DEAD);
    }

    @Test
    void unchangedContentKeepsItsGeneration() throws IOException {
        CredentialSource source = fromMount();
        acquire(source);
        version("v2", "app", "one\n");

        swapTo("v2");
        tasks.advance(Duration.ofSeconds(10));

        assertThat(source.status().generation()).isEqualTo(1);
    }

    @Test
    void refusalReadsAtOnceWhileAcquirersWait() throws IOException {
        CredentialSource source = fromMount();
        Credential old = acquire(source);

        source.refused(old, "28P01");
        var waiting = source.acquire().toCompletableFuture();
        tasks.advance(Duration.ofMillis(60));
        assertThat(waiting).isNotDone();
        version("v2", "app", "two");
        swapTo("v2");
        tasks.advance(Duration.ofMillis(600));

        assertThat(waiting.join().secret().reveal()).isEqualTo("two");
    }

    @Test
    void lateRefusalOfAPasswordThatHasChangedMeanwhileIsNoReasonToGiveUp() throws IOException {
        CredentialSource source = fromMount();
        Credential old = acquire(source);
        version("v2", "app", "two");
        swapTo("v2");
        tasks.advance(Duration.ofSeconds(5));

        source.refused(old, "28P01");

        assertThat(source.isReplacing(old)).isTrue();
        assertThat(acquire(source).secret().reveal()).isEqualTo("two");
    }

    @Test
    void refusalOfAnUnchangedPasswordGivesItBackAfterAboutASecond() throws IOException {
        CredentialSource source = fromMount();
        Credential old = acquire(source);

        source.refused(old, "28P01");
        var waiting = source.acquire().toCompletableFuture();
        tasks.advance(Duration.ofMillis(1100));

        assertThat(waiting.join().generation()).isEqualTo(1);
        assertThat(source.status().lastError()).contains("28P01");
    }

    @Test
    void keepsLastGoodValueWhileFilesAreGone() throws IOException {
        CredentialSource source = fromMount();
        acquire(source);

        Files.delete(folder.resolve("..data"));
        tasks.advance(Duration.ofSeconds(5));

        assertThat(acquire(source).secret().reveal()).isEqualTo("one");
        assertThat(source.status().lastError()).contains("does not exist");
    }

    @Test
    void failsWithTheFileNamedThenRecovers() throws IOException {
        Files.delete(folder.resolve("..data"));
        CredentialSource source = fromMount();

        var failed = source.acquire().toCompletableFuture();
        tasks.settle();
        assertThatThrownBy(failed::join)
                .hasCauseInstanceOf(CredentialUnavailable.class)
                .hasMessageContaining("username");
        swapTo("v1");
        tasks.advance(Duration.ofSeconds(2));

        assertThat(acquire(source).user()).isEqualTo("app");
    }

    @Test
    void emptyPasswordFileIsAnError() throws IOException {
        Path password = Files.writeString(folder.resolve("empty"), "\n");
        CredentialSource source = FileCredentialSource.of("app", password, tasks);

        var failed = source.acquire().toCompletableFuture();
        tasks.settle();

        assertThatThrownBy(failed::join).hasMessageContaining("is empty");
    }

    @Test
    void closedSourceGivesNothing() throws IOException {
        CredentialSource source = fromMount();
        acquire(source);

        source.close();

        assertThatThrownBy(() -> source.acquire().toCompletableFuture().join()).hasMessageContaining("closed");
        assertThat(tasks.pending()).isZero();
    }

    @Test
    void seesChangesInRealTime() throws Exception {
        try (BackgroundTasks real = new VirtualThreadTasks();
                CredentialSource source = FileCredentialSource.of("app", folder.resolve("password"), real)) {
            source.listen(listener);
            source.acquire().toCompletableFuture().get();
            version("v2", "app", "two");

            swapTo("v2");

            await().atMost(Duration.ofSeconds(10)).until(() -> listener.heard().contains("rotated 2"));
            assertThat(source.acquire().toCompletableFuture().get().secret().reveal())
                    .isEqualTo("two");
        }
    }

    private CredentialSource fromMount() {
        CredentialSource source =
                FileCredentialSource.of(folder.resolve("username"), folder.resolve("password"), tasks);
        source.listen(listener);
        return source;
    }

    private Credential acquire(CredentialSource source) {
        var stage = source.acquire().toCompletableFuture();
        tasks.settle();
        return stage.join();
    }

    /** A folder as kubelet makes it: versions beside each other, one symlink to the current one, links through it. */
    private void version(String name, String user, String password) throws IOException {
        Path version = Files.createDirectory(folder.resolve(name));
        Files.writeString(version.resolve("username"), user);
        Files.writeString(version.resolve("password"), password);
    }

    private void swapTo(String version) throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of(version));
        Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        for (String key : new String[] {"username", "password"}) {
            if (!Files.isSymbolicLink(folder.resolve(key))) {
                Files.createSymbolicLink(folder.resolve(key), Path.of("..data", key));
            }
        }
    }
}

package dev.postern.auth.credentials.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.FakeTasks;
import dev.postern.auth.credentials.RecordingListener;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Static roles and KV entries. */
class VaultReaderTest {
    private final FakeTasks tasks = new FakeTasks();
    private final VaultDouble vault = new VaultDouble(tasks::now);
    private final MemoryRoles roles = new MemoryRoles();
    private final Vaults vaults = new Vaults(tasks, new Random(7));
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void world() {
        vaults.connect("main", new DirectVaultClient(vault), VaultSettings.DEFAULTS);
        String token = vault.newToken(Duration.ofHours(10), Duration.ZERO, "database/static-creds/*", "kv/*", "old/*");
        vaults.identity("main", "given", VaultLogins.token("token", SecretText.of(Secret.ofText(token))));
        beat();
    }

    private void beat() {
        vault.tick();
        tasks.later(Duration.ofMillis(10), this::beat);
    }

    private CredentialSource source(VaultPath path) {
        CredentialSource source = vaults.source("main", "given", path);
        source.listen(listener);
        return source;
    }

    private Credential acquire(CredentialSource source) {
        var stage = source.acquire().toCompletableFuture();
        tasks.settle();
        return stage.join();
    }

    private boolean admits(Credential credential) {
        return roles.admits(credential.user(), credential.secret().reveal(), tasks.now());
    }

    @Test
    void staticRoleFollowsItsRotation() {
        vault.putStaticRole("app", "app_static", roles, Duration.ofSeconds(30), Duration.ofMillis(60));
        CredentialSource source = source(VaultPath.of("database/static-creds/app"));
        assertThat(admits(acquire(source))).isTrue();

        for (int i = 0; i < 100; i++) {
            tasks.advance(Duration.ofSeconds(1).plusMillis(3));
            source.release(acquire(source));
        }

        assertThat(admits(acquire(source))).isTrue();
        assertThat(listener.heard()).hasSizeBetween(3, 5);
    }

    @Test
    void refusalInTheStaleWindowIsReadAgainUntilTheNewPasswordIsThere() {
        vault.putStaticRole("app", "app_static", roles, Duration.ofSeconds(30), Duration.ofMillis(400));
        CredentialSource source = source(VaultPath.of("database/static-creds/app"));
        Credential old = acquire(source);
        tasks.advance(Duration.ofSeconds(30).plusMillis(20));
        assertThat(admits(old)).isFalse();

        source.refused(old, "28P01");
        var waiting = source.acquire().toCompletableFuture();
        tasks.advance(Duration.ofMillis(1100));

        assertThat(admits(waiting.join())).isTrue();
    }

    @Test
    void keyValueOfVersion1AndOf2AreTold() {
        vault.putKv("old", 1, "pg/app", "kv1_user", "one");
        vault.putKv("kv", 2, "pg/app", "kv2_user", "two");

        assertThat(acquire(source(VaultPath.of("old/pg/app"))).user()).isEqualTo("kv1_user");
        assertThat(acquire(source(VaultPath.of("kv/data/pg/app"))).user()).isEqualTo("kv2_user");
        assertThat(acquire(source(VaultPath.of("kv/pg/app"))).user()).isEqualTo("kv2_user");
    }

    @Test
    void changedEntryIsANewGeneration() {
        vault.putKv("kv", 2, "pg/app", "u", "one");
        CredentialSource source = source(VaultPath.of("kv/data/pg/app"));
        acquire(source);

        vault.putKv("kv", 2, "pg/app", "u", "two");
        tasks.advance(Duration.ofSeconds(61));

        assertThat(acquire(source).secret().reveal()).isEqualTo("two");
        assertThat(listener.heard()).containsExactly("rotated 1", "rotated 2");
    }

    @Test
    void outageKeepsTheLastPasswordAndEndsSoonAfterVaultsReturn() {
        vault.putKv("kv", 2, "pg/app", "u", "one");
        CredentialSource source = source(VaultPath.of("kv/data/pg/app"));
        acquire(source);
        vault.setMode(VaultDouble.Mode.SEALED);
        tasks.advance(Duration.ofMinutes(3));
        assertThat(acquire(source).secret().reveal()).isEqualTo("one");

        vault.putKv("kv", 2, "pg/app", "u", "two");
        vault.setMode(VaultDouble.Mode.UP);
        tasks.advance(Duration.ofSeconds(2));

        assertThat(acquire(source).secret().reveal()).isEqualTo("two");
    }

    @Test
    void missingEntryAndWrongMembersAreNamed() {
        vault.putKv("kv", 2, "pg/app", "u", "one");
        var missing = source(VaultPath.of("kv/data/pg/none")).acquire().toCompletableFuture();
        var wrong = source(new VaultPath("kv/data/pg/app", VaultPath.Kind.KV2, "user", "password"))
                .acquire()
                .toCompletableFuture();
        tasks.settle();

        assertThatThrownBy(missing::join).hasMessageContaining("404");
        assertThatThrownBy(wrong::join).hasMessageContaining("no user and password");
    }

    @Test
    void kindsAreToldFromPaths() {
        assertThat(VaultPath.of("database/creds/app").effectiveKind()).isEqualTo(VaultPath.Kind.DYNAMIC);
        assertThat(VaultPath.of("team/db/creds/app").effectiveKind()).isEqualTo(VaultPath.Kind.DYNAMIC);
        assertThat(VaultPath.of("/database/static-creds/app/").effectiveKind()).isEqualTo(VaultPath.Kind.STATIC);
        assertThat(VaultPath.of("kv/data/creds/app").effectiveKind()).isEqualTo(VaultPath.Kind.KV2);
        assertThat(VaultPath.of("kv/pg/app").effectiveKind()).isEqualTo(VaultPath.Kind.AUTO);
        assertThatThrownBy(() -> VaultPath.of("database/../sys/seal")).isInstanceOf(IllegalArgumentException.class);
    }
}

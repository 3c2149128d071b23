package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.client.UserStore.Lookup;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StaticUserStoreTest {
    @TempDir
    Path dir;

    @Test
    void readsPasswordVerifierAndMd5HashInlineOrFromAFile() throws IOException {
        Path file = Files.writeString(dir.resolve("app"), "secret\n");
        String verifier = ScramVerifier.derive(Secret.ofText("pencil"), 5000).format();
        StaticUserStore store = new StaticUserStore(
                Map.of(
                        "app", new PasswordSource.FromFile(file),
                        "writer", new PasswordSource.Inline(Secret.ofText(verifier)),
                        "elder", new PasswordSource.Inline(Secret.ofText("md5" + "0123456789abcdef".repeat(2)))),
                4096,
                false);

        assertThat(store.reload()).isEmpty();

        assertThat(found(store, "app").scram().orElseThrow().matches(Secret.ofText("secret")))
                .isTrue();
        assertThat(found(store, "app").scram().orElseThrow().iterations()).isEqualTo(4096);
        assertThat(found(store, "app").md5()).isEmpty();
        assertThat(found(store, "writer").scram().orElseThrow().format()).isEqualTo(verifier);
        assertThat(found(store, "elder").md5()).isPresent();
        assertThat(found(store, "elder").scram()).isEmpty();
        assertThat(store.find("ghost")).isEqualTo(new Lookup.Unknown());
    }

    @Test
    void derivesAPasswordOnceAndAgainOnlyWhenItChanged() throws IOException {
        Path file = Files.writeString(dir.resolve("app"), "secret");
        StaticUserStore store = new StaticUserStore(Map.of("app", new PasswordSource.FromFile(file)), 4096, true);
        store.reload();
        StoredPassword first = found(store, "app");

        store.reload();
        assertThat(found(store, "app")).isSameAs(first);

        Files.writeString(file, "changed");
        store.reload();
        assertThat(found(store, "app").scram().orElseThrow().matches(Secret.ofText("changed")))
                .isTrue();
        assertThat(found(store, "app").md5()).contains(Md5Hash.of(Secret.ofText("changed"), "app"));
    }

    @Test
    void keepsTheLastGoodPasswordAndSaysWhatIsWrong() throws IOException {
        Path file = Files.writeString(dir.resolve("app"), "secret");
        StaticUserStore store = new StaticUserStore(
                Map.of(
                        "app", new PasswordSource.FromFile(file),
                        "broken", new PasswordSource.Inline(Secret.ofText("SCRAM-SHA-256$4096:x"))),
                4096,
                false);
        assertThat(store.reload()).singleElement().asString().contains("broken").contains("malformed SCRAM verifier");

        Files.writeString(file, "\n");
        assertThat(store.reload())
                .hasSize(2)
                .anySatisfy(p -> assertThat(p).contains("app").contains("empty"));
        Files.delete(file);
        assertThat(store.reload())
                .anySatisfy(p -> assertThat(p).contains("cannot read").contains(file.toString()));
        Files.write(file, new byte[20_000]);
        assertThat(store.reload()).anySatisfy(p -> assertThat(p).contains("larger than"));

        assertThat(found(store, "app").scram().orElseThrow().matches(Secret.ofText("secret")))
                .isTrue();
        assertThat(store.find("broken")).isEqualTo(new Lookup.Unknown());
    }

    private static StoredPassword found(UserStore store, String user) {
        return ((Lookup.Found) store.find(user)).password();
    }

    @Test
    void aPasswordHasTheSaltItIsGiven() {
        byte[] salt = "sixteen bytes...".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        StaticUserStore given = new StaticUserStore(
                Map.of("app", new PasswordSource.Inline(Secret.ofText("secret"))), 4096, false, user -> salt);
        given.reload();
        assertThat(((UserStore.Lookup.Found) given.find("app"))
                        .password()
                        .scram()
                        .orElseThrow()
                        .salt())
                .isEqualTo(salt);
    }
}

package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration file itself, and the files that it names. */
class ConfigFilesTest {
    private static final String TEXT = """
            listeners:
              - name: local
                address: "127.0.0.1:6432"
                tls: {mode: allow, certificates: [{certFile: tls/tls.crt, keyFile: tls}]}
            routes:
              - name: orders
                match: {databases: [orders]}
                backend: {hosts: ["pg-a:5432"], tls: {mode: verify-full, caFile: "${CA}"}}
                clientAuth: {scram: {usersFile: users.txt}}
                credentials: {static: {user: app}}
            """;

    @TempDir
    Path folder;

    @Test
    void resolvesRelativePathsAgainstTheFolderOfTheConfiguration() throws IOException {
        write("tls/tls.crt", "");
        write("tls.key", "");
        write("users.txt", "\"app\" \"secret\"");
        Path file = write("postern.yaml", TEXT.replace("keyFile: tls}", "keyFile: tls/../tls.key}"));

        ConfigResult result = new ConfigLoader(Map.of("CA", "system")).load(file);

        assertThat(result).isInstanceOfSatisfying(ConfigResult.Loaded.class, loaded -> {
            assertThat(loaded.config().listeners().getFirst().tls().certificates())
                    .containsExactly(new CertificateConfig(
                            Optional.of(folder.resolve("tls/tls.crt")),
                            Optional.of(folder.resolve("tls.key")),
                            Optional.empty()));
            assertThat(loaded.config().routes().getFirst().backend().tls().caFile())
                    .contains(CaFile.SYSTEM);
        });
    }

    @Test
    void namesEveryFileThatCannotBeUsed() throws IOException {
        Files.createDirectory(folder.resolve("tls"));
        write("users.txt", "app: secret");
        Path file = write("postern.yaml", TEXT);

        List<String> lines = problems(new ConfigLoader(Map.of("CA", "/nowhere/ca.crt")).load(file));

        String expected = "(expected: a file that can be read; a relative path starts at " + folder;
        assertThat(lines)
                .containsExactly(
                        file + ":4:50 listeners[0].tls.certificates[0].certFile: \"tls/tls.crt\" does not exist "
                                + expected + ")",
                        file + ":4:72 listeners[0].tls.certificates[0].keyFile: \"tls\" is a folder, not a file "
                                + expected + ")",
                        file + ":8:70 routes[0].backend.tls.caFile: \"${CA}\" does not exist " + expected
                                + ", or system)",
                        folder.resolve("users.txt") + ":1:1: is no user with a secret"
                                + " (expected: \"user\" \"password or verifier\", with a quote inside doubled)");
    }

    @Test
    void saysWhatIsWrongWithTheConfigurationFileItself() throws IOException {
        ConfigLoader loader = new ConfigLoader(Map.of());
        Path empty = write("empty.yaml", "# nothing\n");
        Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});

        assertThat(problems(loader.load(folder.resolve("none.yaml"))))
                .containsExactly(folder.resolve("none.yaml") + ": the file does not exist");
        assertThat(problems(loader.load(empty)))
                .containsExactly(empty + ":1:1: the file is empty (expected: at least listeners and routes)");
        assertThat(problems(loader.load(binary))).containsExactly(binary + ": the file is not UTF-8 text");
        assertThat(problems(loader.load(folder))).containsExactly(folder + ": is a folder, not a file");
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static List<String> problems(ConfigResult result) {
        return result instanceof ConfigResult.Rejected rejected
                ? rejected.problems().stream().map(Object::toString).toList()
                : List.of();
    }
}

package dev.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoFolderTest {
    @TempDir
    private Path temporary;

    private DemoFolder folder;

    @BeforeEach
    void createFolder() throws IOException {
        folder = DemoFolder.create(temporary.resolve("it's here/demo"));
    }

    @Test
    void theConfigurationIsOneTheGatewayAccepts() throws Exception {
        writeEverything();

        ConfigResult result = new ConfigLoader(Map.of()).load(folder.config());

        assertThat(result).isInstanceOf(ConfigResult.Loaded.class);
    }

    @Test
    void onlyTheOwnerReadsSecrets() throws Exception {
        writeEverything();

        try (Stream<Path> files = Files.walk(folder.folder())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file);
                boolean secret = text.contains("PRIVATE KEY")
                        || text.contains("client-secret")
                        || text.contains("SCRAM-SHA-256$")
                        || file.toString().contains("password");
                String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
                assertThat(mode).as(file.toString()).matches(secret ? "rw-------" : "rw-.*");
            }
        }
    }

    @Test
    void aShellReadsBackWhatEnvSays() throws Exception {
        writeEverything();

        Process shell = new ProcessBuilder(
                        "sh",
                        "-c",
                        ". \"$0\"; echo \"$PGHOST $PGPORT $PGSSLMODE $PGUSER $PGPASSWORD $PGSSLROOTCERT\"",
                        folder.env().toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

        assertThat(said.strip()).isEqualTo("localhost 6432 verify-full app client-secret " + folder.authority());
    }

    @Test
    void anEnvOfAnEarlierRunDoesNotSayThatThisOneIsReady() throws Exception {
        writeEverything();

        DemoFolder again = DemoFolder.create(folder.folder());

        assertThat(again.env()).doesNotExist();
    }

    private void writeEverything() throws Exception {
        List<Tenant> tenants = Tenant.all();
        Secret password = Secret.ofText("client-secret");
        DemoCertificates certificates = DemoCertificates.create();
        Map<Tenant, Integer> ports = new LinkedHashMap<>();
        tenants.forEach(tenant -> ports.put(tenant, 5432));
        folder.writeCertificates(certificates.authorityPem(), certificates.issueForLocalhost("Postern demo"));
        folder.writeSecrets(password, tenants);
        folder.writeConfig(6432, 6433, ports);
        folder.writeEnv(6432, password, tenants.getFirst());
    }
}

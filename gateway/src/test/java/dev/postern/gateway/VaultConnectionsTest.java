package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.VirtualThreadTasks;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.VaultAuthConfig;
import dev.postern.gateway.config.VaultConnectionConfig;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VaultConnectionsTest {
    @Test
    void aChangeThatIsUndoneIsAChangeTheNextTimeToo() throws Exception {
        VaultConnectionConfig first = connection("one");
        VaultConnectionConfig second = connection("two");
        VirtualThreadTasks tasks = new VirtualThreadTasks();
        try (Cluster cluster = new Cluster(GatewayConfig.DEFAULTS.kubernetesApi(), tasks);
                VaultConnections vaults = new VaultConnections(tasks, cluster)) {
            vaults.connect(Map.of("main", first, "other", first)).keep();

            vaults.connect(Map.of("main", second, "new", first)).undo();

            assertThat(vaults.has("main", first)).isTrue();
            assertThat(vaults.has("other", first)).isTrue();
            assertThat(vaults.has("new", first)).isFalse();
            vaults.connect(Map.of("main", second)).keep();
            assertThat(vaults.has("main", second)).isTrue();
            assertThat(vaults.has("other", first)).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://vault:8200, true",
        "http://10.0.0.7:8200, true",
        "HTTP://[2001:db8::7]:8200, true",
        "http://127.0.0.1:8200, false",
        "http://[::1]:8200, false",
        "http://localhost:8200, false",
        "https://vault:8200, false"
    })
    void knowsWhereOthersReadAlong(URI address, boolean readable) {
        assertThat(VaultConnections.isReadable(address)).isEqualTo(readable);
    }

    private static VaultConnectionConfig connection(String token) {
        return new VaultConnectionConfig(
                URI.create("http://127.0.0.1:1"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new VaultAuthConfig.Token(Secret.ofText(token)),
                Duration.ofMinutes(10));
    }
}

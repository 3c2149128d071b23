package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients on a unix socket come from no address: rules for hosts are not for them. */
class UnixSocketIT {
    private final Path folder = TemporaryFolders.create("unix-socket");
    private final Path socket = folder.resolve(".s.PGSQL.6432");
    private GatewayFixture gateway;

    @BeforeEach
    void start() throws Exception {
        Path rules = folder.resolve("pg_hba.conf");
        Files.writeString(rules, """
                local all app scram-sha-256
                local all old password
                host  all all 127.0.0.1/32 trust
                """);
        gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders")
                        .withClientAuth("{hba: {file: " + rules
                                + ", users: {app: {password: app-secret}, old: {password: old-secret}}}}"))
                .withListeners("  - {name: local, address: \"unix:" + socket + "\", socketMode: 0750, socketGroup: "
                        + group() + ", tls: {mode: disable}}\n"));
    }

    @AfterEach
    void stop() {
        gateway.closeClean();
    }

    @Test
    void rulesForTheSocketDecide() throws Exception {
        assertThat(answer("app")).isEqualTo("R10");
        assertThat(answer("old")).isEqualTo("R3");
        assertThat(answer("stranger")).isEqualTo("E");
        try (WireClient client = WireClient.connect(
                new ServerAddress(gateway.plainPort(), Optional.empty(), "stranger", "", "orders"))) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void theSocketHasTheModeOfTheConfiguration() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rwxr-x---");
    }

    @Test
    void theSocketHasTheGroupOfTheConfiguration() throws Exception {
        assertThat(Files.readAttributes(socket, PosixFileAttributes.class)
                        .group()
                        .getName())
                .isEqualTo(group());
    }

    @Test
    void aGroupThatIsNotThereIsToldOf() throws Exception {
        Path other = folder.resolve("other");
        assertThatThrownBy(() ->
                        GatewayFixture.start(GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"))
                                .withListeners("  - {name: other, address: \"unix:" + other
                                        + "\", socketGroup: no-such-group, tls: {mode: disable}}\n")))
                .hasStackTraceContaining("there is no group no-such-group");
        assertThat(other).doesNotExist();
    }

    /** One that the socket would not have by itself: root may give it any, others one of their own. */
    private static String group() {
        String groups = System.getProperty("user.name").equals("root") ? "daemon" : ownGroups();
        return groups.substring(groups.lastIndexOf(' ') + 1);
    }

    private static String ownGroups() {
        try {
            return new String(
                            new ProcessBuilder("id", "-Gn")
                                    .start()
                                    .getInputStream()
                                    .readAllBytes(),
                            StandardCharsets.UTF_8)
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The type of the first answer, and of an authentication request its number. */
    private String answer(String user) throws Exception {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(socket));
            client.write(ByteBuffer.wrap(
                    FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", user, "database", "orders"))));
            DataInputStream in = new DataInputStream(Channels.newInputStream(client));
            char type = (char) in.readUnsignedByte();
            in.readInt();
            return type == 'R' ? "R" + in.readInt() : String.valueOf(type);
        }
    }
}

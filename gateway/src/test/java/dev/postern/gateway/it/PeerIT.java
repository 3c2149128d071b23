package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.TemporaryFolders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients of a unix socket: the operating system says who they are. */
class PeerIT {
    private static final String ME = System.getProperty("user.name");
    private static Path socket;
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() throws IOException {
        // A socket's path has 107 bytes at most.
        Path folder = Files.createTempDirectory("postern-peer");
        socket = folder.resolve("s");
        Path rules = TemporaryFolders.create("peer").resolve("pg_hba.conf");
        Files.writeString(rules, """
                local all mapped     peer map=os
                local all %s         peer
                local all shut       reject
                host  all all    all reject
                """.formatted(ME));
        Path ident = Files.writeString(rules.resolveSibling("pg_ident.conf"), "os " + ME + " mapped\n");
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                        orders.named("same").withClientAuth("{peer: {}}"),
                        orders.named("map")
                                .withClientAuth("{peer: {map: [{identity: " + ME
                                        + ", role: app}, {identity: other, role: boss}]}}"),
                        orders.named("rules").withClientAuth("{hba: {file: " + rules + ", identFile: " + ident + "}}"),
                        orders.named("password").withClientAuth("{password: {users: {app: {password: app-secret}}}}"))
                .withListeners("""
                          - {name: local, address: "unix:%s", tls: {mode: disable}}
                        """.formatted(socket))
                .withMore("admin: {consoleUsers: [" + ME + "], statsUsers: [app], clientAuth: {peer: {}}}\n"));
    }

    @AfterAll
    static void stop() throws IOException {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
            Files.deleteIfExists(socket);
            Files.deleteIfExists(socket.getParent());
        }
    }

    /** The answer to a login without a password: {@code in}, or the SQLSTATE. */
    private static String login(String user, String database) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(
                    FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", user, "database", database))));
            InputStream in = Channels.newInputStream(channel);
            int type = in.read();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int length = ByteBuffer.wrap(in.readNBytes(4)).getInt();
            body.write(in.readNBytes(length - 4));
            if (type == 'E') {
                return body.toString(StandardCharsets.UTF_8).replaceAll("(?s).*\0C([^\0]*)\0.*", "$1");
            }
            return switch (ByteBuffer.wrap(body.toByteArray()).getInt()) {
                case 0 -> "in";
                case 3 -> "password";
                default -> "something else";
            };
        }
    }

    @Test
    void comesInAsTheUserOfTheSameName() throws IOException {
        assertThat(login(ME, "same")).isEqualTo("in");
        assertThat(login("app", "same")).isEqualTo("28000");
    }

    @Test
    void aMapSaysWhichUserMayActAsWhichRole() throws IOException {
        assertThat(login("app", "map")).isEqualTo("in");
        assertThat(login("boss", "map")).isEqualTo("28000");
        assertThat(login(ME, "map")).as("a map leaves nothing else").isEqualTo("28000");
    }

    @Test
    void rulesForLocalConnectionsAndIdentMapsApply() throws IOException {
        assertThat(login("mapped", "rules")).isEqualTo("in");
        assertThat(login(ME, "rules")).isEqualTo("in");
        assertThat(login("shut", "rules")).isEqualTo("28000");
        assertThat(login("app", "rules")).isEqualTo("28000");
    }

    @Test
    void usersOfTheConsoleComeInTheSameWay() throws IOException {
        assertThat(login(ME, "pgbouncer")).isEqualTo("in");
        assertThat(login("app", "pgbouncer")).isEqualTo("28000");
    }

    @Test
    void aPasswordMayGoInClearWhereNobodyElseListens() throws IOException {
        assertThat(login("app", "password")).isEqualTo("password");
    }
}

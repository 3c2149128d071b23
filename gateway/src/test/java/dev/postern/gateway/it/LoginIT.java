package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayTargets;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a client sees between startup packet and ReadyForQuery, let in or not. */
@ExtendWith(CleanAfterEach.class)
class LoginIT {
    private static final List<String> REFUSED = List.of("R(10)", "R(11)", "E(FATAL 28P01)");

    @EveryTarget
    void letsARightPasswordIn(Target target) {
        try (WireClient client = target.connect()) {
            List<String> messages =
                    client.loginMessages().stream().map(WireMessage::toString).toList();
            assertThat(messages).startsWith("R(10)", "R(11)", "R(12)", "R(0)").endsWith("Z(I)");
            assertThat(messages).filteredOn("K"::equals).hasSize(1);
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void refusesAWrongPassword(Target target) {
        WireClient.LoginRefused refused = refused(target.address().withPassword("wrong"));
        assertThat(refused.messages()).map(WireMessage::toString).isEqualTo(REFUSED);
        assertThat(refused.error().fields())
                .containsEntry('S', "FATAL")
                .containsEntry('M', "password authentication failed for user \"app\"");
    }

    @EveryTarget
    void refusesAnUnknownUserLikeAWrongPassword(Target target) {
        WireClient.LoginRefused refused = refused(target.address().withUser("nobody"));
        assertThat(refused.messages()).map(WireMessage::toString).isEqualTo(REFUSED);
        assertThat(refused.error().fields())
                .containsEntry('S', "FATAL")
                .containsEntry('M', "password authentication failed for user \"nobody\"");
    }

    @GatewayTargets
    void refusesAnUnknownDatabaseLikeAWrongPassword(Target target) {
        ServerAddress address = target.address();
        WireClient.LoginRefused wrongPassword = refused(address.withPassword("wrong"));
        WireClient.LoginRefused rightPassword = refused(address.withDatabase("no_such_database"));
        WireClient.LoginRefused bothWrong =
                refused(address.withDatabase("no_such_database").withPassword("wrong"));
        assertThat(rightPassword.messages()).map(WireMessage::toString).isEqualTo(REFUSED);
        assertThat(bothWrong.messages()).map(WireMessage::toString).isEqualTo(REFUSED);
        assertThat(rightPassword.error().fields())
                .isEqualTo(wrongPassword.error().fields());
        assertThat(bothWrong.error().fields()).isEqualTo(wrongPassword.error().fields());
    }

    @EveryTarget
    void showsAnUnknownUserTheSameSaltEachTime(Target target) {
        ServerAddress address = target.address();
        String first = salt(refused(address.withUser("nobody")));
        assertThat(salt(refused(address.withUser("nobody")))).isEqualTo(first);
        assertThat(salt(refused(address.withUser("somebody")))).isNotEqualTo(first);
        assertThat(salt(refused(address.withUser("nobody"))).length())
                .as("a fake salt is as long as a real one")
                .isEqualTo(salt(refused(address.withPassword("wrong"))).length());
        assertThat(iterations(refused(address.withUser("nobody"))))
                .isEqualTo(iterations(refused(address.withPassword("wrong"))));
    }

    @GatewayTargets
    void takesAsLongForAnUnknownNameAsForAWrongPassword(Target target) {
        ServerAddress address = target.address();
        // In turns, so that whatever else the machine does hits all alike.
        List<Long> medians = medianMicros(
                address.withPassword("wrong"), address.withUser("nobody"), address.withDatabase("no_such_database"));
        long wrongPassword = medians.getFirst();
        // The classes of timing: a server asked or a verifier derived would cost milliseconds more.
        assertThat(medians).allSatisfy(micros -> assertThat(micros).isBetween(wrongPassword / 3, wrongPassword * 3));
    }

    @EveryTarget
    void refusesAStartupPacketWithoutUser(Target target) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            client.startTls(address.tls().orElseThrow());
            client.send(FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("database", "orders")));
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 28000)");
        }
    }

    @EveryTarget
    void refusesQueriesBeforeAuthentication(Target target) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            client.startTls(address.tls().orElseThrow());
            client.send(
                    FrontendBytes.startup(
                            FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", address.database())),
                    FrontendBytes.query("select 1"));
            assertThat(client.receiveUntilClosed())
                    .map(WireMessage::toString)
                    .containsExactly("R(10)", "E(FATAL 08P01)");
        }
    }

    @EveryTarget
    void refusesSaslMessagesThatAreNone(Target target) {
        byte[] mechanism = FrontendBytes.cString("SCRAM-SHA-256");
        byte[] first = "n,,n=,r=abcdefghijklmnop".getBytes(StandardCharsets.US_ASCII);
        List<byte[]> malformed = List.of(
                FrontendBytes.password(),
                FrontendBytes.password(FrontendBytes.cString("SCRAM-SHA-1"), FrontendBytes.int32(first.length), first),
                FrontendBytes.password(mechanism, FrontendBytes.int32(first.length + 1), first),
                FrontendBytes.password(mechanism, FrontendBytes.int32(5), "bogus".getBytes(StandardCharsets.US_ASCII)),
                FrontendBytes.password(mechanism, FrontendBytes.int32(1 << 30), first));
        for (byte[] message : malformed) {
            assertThat(afterStartup(target, message))
                    .as(Arrays.toString(message))
                    .hasSize(2)
                    .last()
                    .asString()
                    .startsWith("E(FATAL");
        }
    }

    @EveryTarget
    void refusesAHugePasswordMessage(Target target) {
        byte[] header = {'p', 0x0f, 0, 0, 0};
        assertThat(afterStartup(target, header)).last().asString().startsWith("E(FATAL");
    }

    private static List<String> afterStartup(Target target, byte[] message) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            client.startTls(address.tls().orElseThrow());
            client.send(FrontendBytes.startup(
                    FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", address.database())));
            WireMessage request = client.receive();
            client.send(message);
            List<WireMessage> rest = client.receiveUntilClosed();
            return java.util.stream.Stream.concat(java.util.stream.Stream.of(request), rest.stream())
                    .map(WireMessage::toString)
                    .toList();
        }
    }

    private static WireClient.LoginRefused refused(ServerAddress address) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class, () -> WireClient.connect(address).close());
        assertThat(refused)
                .as("login of %s to %s", address.user(), address.database())
                .isNotNull();
        return refused;
    }

    private static String serverFirst(WireClient.LoginRefused refused) {
        ByteBuffer body = ByteBuffer.wrap(refused.messages().get(1).body());
        body.getInt();
        return StandardCharsets.US_ASCII.decode(body).toString();
    }

    private static String salt(WireClient.LoginRefused refused) {
        return serverFirst(refused).replaceAll(".*,s=([^,]*),.*", "$1");
    }

    private static String iterations(WireClient.LoginRefused refused) {
        return serverFirst(refused).replaceAll(".*,i=([0-9]+).*", "$1");
    }

    private static List<Long> medianMicros(ServerAddress... addresses) {
        int rounds = 15;
        long[][] micros = new long[addresses.length][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < addresses.length; i++) {
                long start = System.nanoTime();
                refused(addresses[i]);
                micros[i][round] = (System.nanoTime() - start) / 1000;
            }
        }
        return Arrays.stream(micros)
                .map(samples -> Arrays.stream(samples).sorted().toArray()[rounds / 2])
                .toList();
    }
}

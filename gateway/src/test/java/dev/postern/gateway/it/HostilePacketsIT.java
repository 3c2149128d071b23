package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayTargets;
import dev.postern.gateway.it.harness.MemoryWatch;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;

/** Packets that no driver sends: refused or cut, never answered with silence, and never a harm to others. */
@ExtendWith(CleanAfterEach.class)
class HostilePacketsIT {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int MAX_STARTUP_PACKET = 10_000;

    private static void assertServes(Target target) {
        try (WireClient client = target.connect()) {
            assertThat(client.ask("select 'alive'")).isEqualTo("alive");
        }
    }

    @EveryTarget
    void cutsAFirstPacketOfImpossibleLength(Target target) {
        for (int length : new int[] {0, 1, 3, 4, 7, -1, Integer.MIN_VALUE, MAX_STARTUP_PACKET + 5, 1 << 30}) {
            try (WireClient client = WireClient.open(target.address().port())) {
                client.send(FrontendBytes.int32(length), FrontendBytes.int32(FrontendBytes.PROTOCOL_3_0));
                assertThat(client.closedWithin(SOON)).as("length " + length).isTrue();
            }
        }
        assertServes(target);
    }

    @EveryTarget
    void cutsAStartupPacketWithoutTerminator(Target target) {
        ServerAddress address = target.address();
        byte[] startup = FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app"));
        List<byte[]> malformed = new ArrayList<>();
        // The last zero byte, the value of a pair, the end of a string are missing.
        for (int cut : new int[] {1, 2, 3, 6}) {
            byte[] shorter = Arrays.copyOf(startup, startup.length - cut);
            System.arraycopy(FrontendBytes.int32(shorter.length), 0, shorter, 0, 4);
            malformed.add(shorter);
        }
        for (byte[] packet : malformed) {
            try (WireClient client = WireClient.open(address.port())) {
                client.startTls(address.tls().orElseThrow());
                client.send(packet);
                assertThat(client.receiveUntilClosed())
                        .as(Arrays.toString(packet))
                        .map(WireMessage::toString)
                        .containsExactly("E(FATAL 08P01)");
            }
        }
        assertServes(target);
    }

    @EveryTarget
    void takesAStartupPacketOfTheLargestSize(Target target) {
        int others = FrontendBytes.startup(
                        FrontendBytes.PROTOCOL_3_0,
                        Map.of("user", "app", "database", target.address().database(), "application_name", ""))
                .length;
        // The length word itself is part of the packet's 10,000 bytes.
        String name = "n".repeat(MAX_STARTUP_PACKET - others);
        try (WireClient client = target.connect("application_name", name)) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @EveryTarget
    void survivesFirstPacketsThatEndEarly(Target target) {
        byte[] startup = FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app"));
        for (int length = 0; length < startup.length; length += 3) {
            WireClient client = WireClient.open(target.address().port());
            client.send(Arrays.copyOf(startup, length));
            client.abandon();
        }
        assertServes(target);
    }

    @GatewayTargets
    void cutsAnEndlessFirstPacketAndKeepsNothing(Target target) {
        byte[] rubbish = new byte[1 << 16];
        new Random(1).nextBytes(rubbish);
        // A length that is allowed, then more than it, for ever.
        rubbish[0] = 0;
        rubbish[1] = 0;
        rubbish[2] = 0x20;
        assertServes(target);
        try (MemoryWatch memory = MemoryWatch.start()) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                WireClient client = WireClient.open(target.address().port());
                clients.add(client);
                try {
                    for (int j = 0; j < 16; j++) {
                        client.send(rubbish);
                    }
                } catch (java.io.UncheckedIOException cut) {
                    // As it should.
                }
            }
            for (WireClient client : clients) {
                assertThat(client.closedWithin(SOON)).isTrue();
                client.abandon();
            }
            assertThat(memory.growth()).isLessThan(4 << 20);
        }
        assertServes(target);
    }

    @EveryTarget
    void cutsOtherProtocols(Target target) {
        for (String text :
                List.of("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\n\n\n\n\n\n\n\n\n")) {
            try (WireClient client = WireClient.open(target.address().port())) {
                client.send(text.getBytes(StandardCharsets.US_ASCII));
                assertThat(client.closedWithin(SOON)).as(text).isTrue();
            }
        }
        assertServes(target);
    }

    @EveryTarget
    void refusesBytesSentBeforeTheAnswerToSslRequest(Target target) {
        byte[] startup = FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders"));
        try (WireClient client = WireClient.open(target.address().port())) {
            client.send(FrontendBytes.sslRequest(), startup);
            int answer = client.receiveByte();
            // PostgreSQL says S before it sees the rest; either way nothing of it may be believed.
            assertThat((char) answer).isIn('S', 'E');
            assertThat(client.closedWithin(SOON)).isTrue();
        }
        assertServes(target);
    }

    @EveryTarget
    void refusesASecondSslRequestInsideTls(Target target) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            client.startTls(address.tls().orElseThrow());
            client.send(FrontendBytes.sslRequest());
            assertThat(client.receiveUntilClosed())
                    .map(WireMessage::toString)
                    .hasSize(1)
                    // To PostgreSQL it is a startup packet of an unknown version.
                    .isSubsetOf("E(FATAL 0A000)", "E(FATAL 08P01)");
        }
    }

    @EveryTarget
    void answersGssEncRequestWithNoAndTakesAnSslRequestAfterIt(Target target) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            client.send(FrontendBytes.gssEncRequest());
            assertThat((char) client.receiveByte()).isEqualTo('N');
            client.login(address);
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    @GatewayTargets
    void refusesPlaintextWhereTlsIsRequired(Target target) {
        ServerAddress address = target.address();
        try (WireClient client = WireClient.open(address.port())) {
            client.send(FrontendBytes.startup(
                    FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", address.database())));
            List<WireMessage> messages = client.receiveUntilClosed();
            assertThat(messages).map(WireMessage::toString).containsExactly("E(FATAL 28000)");
            assertThat(messages.getFirst().fields().get('M')).containsIgnoringCase("TLS");
        }
    }

    @EveryTarget
    void cutsGarbageInPlaceOfAHandshake(Target target) {
        try (WireClient client = WireClient.open(target.address().port())) {
            client.send(FrontendBytes.sslRequest());
            assertThat((char) client.receiveByte()).isEqualTo('S');
            client.send(new byte[2000]);
            assertThat(client.closedWithin(SOON)).isTrue();
        }
        assertServes(target);
    }

    @EveryTarget
    void endsASessionAtAnUnknownMessageType(Target target) {
        for (char type : new char[] {'y', 'Z', 'R', '\0', '\n'}) {
            try (WireClient client = target.connect()) {
                client.send(FrontendBytes.message(type));
                assertThat(client.receiveUntilClosed())
                        .as("type " + (int) type)
                        .map(WireMessage::toString)
                        .containsExactly("E(FATAL 08P01)");
            }
        }
    }

    @EveryTarget
    void endsASessionAtAnImpossibleLength(Target target) {
        for (int length : new int[] {0, 3, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            try (WireClient client = target.connect()) {
                client.send(new byte[] {'Q'}, FrontendBytes.int32(length));
                // PostgreSQL hangs up without a word; a proxy may say why.
                assertThat(client.receiveUntilClosed())
                        .as("length " + length)
                        .map(WireMessage::toString)
                        .isSubsetOf("E(FATAL 08P01)");
            }
        }
    }

    @EveryTarget
    void endsASessionAtAnImpossibleLengthInATransactionAndUndoesIt(Target target) {
        String table = dev.postern.gateway.it.harness.Names.unique("hostile");
        try (WireClient client = target.connect()) {
            client.query("create table " + table + " (n int)");
            client.query("begin; insert into " + table + " values (1)");
            client.send(new byte[] {'Q', 0, 0, 0, 1});
            assertThat(client.receiveUntilClosed()).map(WireMessage::toString).isSubsetOf("E(FATAL 08P01)");
        }
        try (WireClient client = target.connect()) {
            assertThat(client.ask("select count(*) from " + table)).isEqualTo("0");
            client.query("drop table " + table);
        }
    }

    @EveryTarget
    void refusesMalformedExtendedMessagesAndGoesOn(Target target) {
        // Truncated inside: the length is right, the contents end early.
        List<byte[]> malformed = List.of(
                FrontendBytes.message('P', new byte[] {'s'}),
                FrontendBytes.message('B', FrontendBytes.cString(""), FrontendBytes.cString("")),
                FrontendBytes.message('D', new byte[] {'X'}, FrontendBytes.cString("")),
                FrontendBytes.message('D'),
                FrontendBytes.message('C', new byte[] {'S', 'x'}),
                FrontendBytes.message('E', new byte[] {0, 0}));
        for (byte[] message : malformed) {
            try (WireClient client = target.connect()) {
                client.send(FrontendBytes.parse("", "select 1"), message, FrontendBytes.sync());
                assertThat(client.answers())
                        .as(Arrays.toString(message))
                        .containsExactly("1", "E(ERROR 08P01)", "Z(I)");
                assertThat(client.ask("select 1")).isEqualTo("1");
            }
        }
    }

    @EveryTarget
    void takesWordsOfDatabaseNamesLiterally(Target target) {
        for (String name : List.of("", " ", "orders ", "ORDERS", "orders\nx", "../orders", "*", "orders_*")) {
            WireClient.LoginRefused refused = org.assertj.core.api.Assertions.catchThrowableOfType(
                    WireClient.LoginRefused.class,
                    () -> WireClient.connect(target.address().withDatabase(name))
                            .close());
            assertThat(refused).as("database " + name).isNotNull();
            assertThat(refused.error().sqlState()).isIn("28P01", "3D000");
        }
    }
}

package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.MemoryWatch;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Startup packets, SASL messages and TLS records with bytes changed, cut out and put in, each on a connection of its own. None
 * is answered with silence, none leaves anything behind. So many of each kind: {@code -Dfuzz.records}, by default enough to
 * notice a fault that is not rare; {@code scripts/attack-fuzz} sends a million.
 */
class FuzzIT {
    private static final int RECORDS = Integer.getInteger("fuzz.records", 1500);
    private static final int SENDERS = 8;
    private static final int PATIENCE_MILLIS = 10_000;
    private static final byte[] INTERESTING = {0, 1, 4, 0x16, 'p', 0x7f, (byte) 0x80, (byte) 0xff};
    /** Of several sorts and keys; to make one takes the JDK longer than the gateway needs to refuse it. */
    private static final List<byte[]> HELLOS =
            IntStream.range(0, 32).mapToObj(i -> ClientHellos.of(i % 2 == 0)).toList();

    private static GatewayFixture gateway;

    /** What is spoiled. */
    private enum Kind {
        /** The first packet, without TLS where none is asked for. */
        STARTUP,
        /** The first packet where TLS is required. */
        FIRST_BYTES,
        SASL_INITIAL,
        SASL_RESPONSE,
        /** The ClientHello behind an SSLRequest. */
        CLIENT_HELLO,
        /** The same from the first byte. */
        DIRECT_HELLO
    }

    @BeforeAll
    static void start() {
        gateway = GatewayFixture.start(GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders")));
        try (WireClient warmUp = gateway.connect("orders")) {
            assertThat(warmUp.ask("select 1")).isEqualTo("1");
        }
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void survives(Kind kind) throws Exception {
        storm(kind, Math.min(RECORDS, 500)); // code and buffers that stay
        try (MemoryWatch memory = MemoryWatch.start()) {
            storm(kind, RECORDS);
            gateway.assertNoClients();
            assertThat(memory.growth()).isLessThan(8 << 20);
        }
        assertIdles();
        gateway.assertClean();
        try (WireClient client = gateway.connect("orders")) {
            assertThat(client.ask("select 1")).isEqualTo("1");
        }
    }

    /** No loop goes round and round over something that is left. */
    private static void assertIdles() throws InterruptedException {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long least = Long.MAX_VALUE;
        // The compiler may still be at work: the quietest of several moments counts.
        for (int i = 0; i < 20 && least > 50_000_000; i++) {
            long before = system.getProcessCpuTime();
            Thread.sleep(200);
            least = Math.min(least, system.getProcessCpuTime() - before);
        }
        assertThat(least).as("nanoseconds of CPU in 200 ms").isLessThan(100_000_000);
    }

    private static void storm(Kind kind, int records) throws InterruptedException {
        AtomicLong next = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        StringBuffer why = new StringBuffer();
        Thread[] senders = new Thread[SENDERS];
        for (int i = 0; i < SENDERS; i++) {
            senders[i] = Thread.ofPlatform().start(() -> {
                for (long seed = next.getAndIncrement();
                        seed < records && failed.get() == 0;
                        seed = next.getAndIncrement()) {
                    SplittableRandom random = new SplittableRandom(seed + 31L * kind.ordinal() * Integer.MAX_VALUE);
                    byte[] spoiled = spoil(random, seed(random, kind));
                    try {
                        send(kind, spoiled);
                    } catch (IOException | AssertionError e) {
                        failed.incrementAndGet();
                        why.append(seed + ": " + e + " after " + HexFormat.of().formatHex(spoiled) + "\n");
                    }
                }
            });
        }
        for (Thread sender : senders) {
            sender.join();
        }
        assertThat(why.toString()).isEmpty();
    }

    /** Says it and everything it has to, closes its half, and waits for the end. */
    private static void send(Kind kind, byte[] spoiled) throws IOException {
        boolean plain = kind == Kind.STARTUP || kind == Kind.SASL_INITIAL || kind == Kind.SASL_RESPONSE;
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress("127.0.0.1", plain ? gateway.plainPort() : gateway.tlsPort()),
                    PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            try {
                switch (kind) {
                    case SASL_INITIAL -> askForSasl(out, in);
                    case SASL_RESPONSE -> {
                        askForSasl(out, in);
                        out.write(initial("n,,n=,r=abcdefghijklmnop", "SCRAM-SHA-256"));
                        in.read();
                    }
                    case CLIENT_HELLO -> {
                        out.write(FrontendBytes.sslRequest());
                        assertThat(in.read()).isEqualTo('S');
                    }
                    case STARTUP, FIRST_BYTES, DIRECT_HELLO -> {}
                }
                out.write(spoiled);
                socket.shutdownOutput();
                while (in.read(new byte[4096]) >= 0) {
                    // An error, an alert, a request; then the end.
                }
            } catch (SocketTimeoutException e) {
                throw new AssertionError("neither answered nor closed", e);
            } catch (SocketException reset) {
                // An end as well: it was closed with something unread.
            }
            socket.setSoLinger(true, 0);
        }
    }

    private static void askForSasl(OutputStream out, InputStream in) throws IOException {
        out.write(startup());
        in.read();
    }

    private static byte[] startup() {
        return FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "orders"));
    }

    private static byte[] initial(String message, String mechanism) {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        return FrontendBytes.password(FrontendBytes.cString(mechanism), FrontendBytes.int32(bytes.length), bytes);
    }

    private static byte[] seed(SplittableRandom random, Kind kind) {
        List<byte[]> seeds = switch (kind) {
            case STARTUP, FIRST_BYTES ->
                List.of(
                        startup(),
                        FrontendBytes.startup(
                                FrontendBytes.PROTOCOL_3_2,
                                Map.of("user", "app", "options", "-c a=1 --b=2", "_pq_.x", "1", "replication", "true")),
                        FrontendBytes.sslRequest(),
                        FrontendBytes.gssEncRequest(),
                        FrontendBytes.cancelRequest(1, new byte[4]),
                        FrontendBytes.cancelRequest(1, new byte[32]));
            case SASL_INITIAL ->
                List.of(
                        initial("n,,n=,r=abcdefghijklmnop", "SCRAM-SHA-256"),
                        initial("y,,n=,r=abcdefghijklmnop", "SCRAM-SHA-256"),
                        initial("p=tls-server-end-point,,n=,r=abcdefghijklmnop", "SCRAM-SHA-256-PLUS"),
                        FrontendBytes.password(FrontendBytes.cString("SCRAM-SHA-256"), FrontendBytes.int32(-1)));
            case SASL_RESPONSE ->
                List.of(
                        FrontendBytes.password("c=biws,r=abcdefghijklmnop,p=AAAA".getBytes(StandardCharsets.UTF_8)),
                        FrontendBytes.password(new byte[0]));
            case CLIENT_HELLO, DIRECT_HELLO -> HELLOS;
        };
        return seeds.get(random.nextInt(seeds.size())).clone();
    }

    private static byte[] spoil(SplittableRandom random, byte[] seed) {
        byte[] bytes = seed;
        for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                case 3 ->
                    bytes = FrontendBytes.concat(
                            Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + 1, bytes.length));
                default -> {
                    byte[] more = new byte[1 + random.nextInt(random.nextInt(8) == 0 ? 2000 : 8)];
                    random.nextBytes(more);
                    bytes = FrontendBytes.concat(
                            Arrays.copyOf(bytes, at), more, Arrays.copyOfRange(bytes, at, bytes.length));
                }
            }
        }
        return bytes;
    }
}

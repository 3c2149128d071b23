package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class ClientHelloHandlerTest {
    private static final String NO_APPLICATION_PROTOCOL = "15030300020278";

    @TempDir
    private Path directory;

    private ListenerTls tls;
    private EmbeddedChannel channel;
    private final List<Object> events = new ArrayList<>();

    @BeforeEach
    void open() throws UnusableTls {
        CertificateFiles files = Pki.write(directory, "a", Pki.create("CA").server("db.example.com"));
        tls = ListenerTls.open(ListenerTlsSettings.of(files).withAlpnProtocols("postgresql"));
        channel = channel(Alpn.IF_OFFERED);
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        tls.close();
        assertThat(tls.contexts()).allMatch(context -> context.refCnt() == 0);
    }

    private EmbeddedChannel channel(Alpn alpn) {
        return new EmbeddedChannel(tls.newHandler(alpn), new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                events.add(event);
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                events.add(cause);
            }
        });
    }

    private boolean answersWithServerHello() {
        ByteBuf out = channel.readOutbound();
        if (out == null) {
            return false;
        }
        try {
            return out.getByte(0) == 22 && out.getByte(5) == 2;
        } finally {
            out.release();
        }
    }

    private String sent() {
        StringBuilder hex = new StringBuilder();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            hex.append(ByteBufUtil.hexDump(out));
            out.release();
        }
        return hex.toString();
    }

    @Test
    void waitsForTheWholeHello() {
        byte[] record = Hellos.record("db.example.com", "postgresql");
        for (int i = 0; i < record.length; i++) {
            assertThat(channel.pipeline().get(SslHandler.class))
                    .as("after %d bytes", i)
                    .isNull();
            channel.writeInbound(Unpooled.wrappedBuffer(record, i, 1).copy());
        }
        assertThat(answersWithServerHello()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 50, 200})
    void putsAFragmentedHelloTogether(int size) {
        channel.close();
        channel = channel(Alpn.REQUIRED);
        channel.writeInbound(Hellos.fragmented(Hellos.record("db.example.com", "postgresql"), size));
        // BoringSSL has a limit of its own on tiny fragments; the hello was understood in any case.
        assertThat(channel.pipeline().get(SslHandler.class)).isNotNull();
        sent();
    }

    @Test
    void passesOnWhatFollowsTheHello() {
        byte[] record = Hellos.record("db.example.com", "postgresql");
        byte[] notTls = "nonsense".getBytes(StandardCharsets.US_ASCII);
        channel.writeInbound(Unpooled.wrappedBuffer(record, notTls).copy());
        assertThat(events).anyMatch(e -> e instanceof SslHandshakeCompletionEvent done && !done.isSuccess());
        sent();
    }

    @Test
    void refusesAnotherProtocolAsPostgresDoes() {
        channel.writeInbound(Unpooled.wrappedBuffer(Hellos.record("db.example.com", "h2", "http/1.1")));
        assertThat(sent()).isEqualTo(NO_APPLICATION_PROTOCOL);
        assertThat(channel.isOpen()).isFalse();
        assertThat(failure()).hasMessage("the client offers ALPN [h2, http/1.1] (expected: postgresql)");
    }

    @Test
    void demandsAlpnWhereItIsRequired() {
        channel.close();
        channel = channel(Alpn.REQUIRED);
        channel.writeInbound(Unpooled.wrappedBuffer(Hellos.record("db.example.com")));
        assertThat(sent()).isEqualTo(NO_APPLICATION_PROTOCOL);
        assertThat(channel.isOpen()).isFalse();
        assertThat(failure()).hasMessage("the client sent no ALPN extension (expected: postgresql)");
    }

    private Throwable failure() {
        assertThat(events).hasSize(1);
        return ((SslHandshakeCompletionEvent) events.getFirst()).cause();
    }

    @Test
    void goesOnWithoutAlpnWhereItIsNotRequired() {
        channel.writeInbound(Unpooled.wrappedBuffer(Hellos.record("db.example.com")));
        assertThat(answersWithServerHello()).isTrue();
    }

    @Test
    void givesTheLibraryWhatIsNoHello() {
        channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", StandardCharsets.US_ASCII));
        assertThat(events).anyMatch(e -> e instanceof SslHandshakeCompletionEvent done && !done.isSuccess());
        assertThat(channel.isOpen()).isFalse();
        sent();
    }

    @Test
    void refusesAHelloAboveTheLimitAtItsFirstBytes() {
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {22, 3, 1, 64, 0, 1, 0, 64, 1}));
        assertThat(channel.pipeline().get(SslHandler.class)).isNotNull();
    }

    @Test
    void beginsTheSecondHandshakeInTheNextTurnOfTheLoop() {
        byte[] record = Hellos.record("db.example.com", "postgresql");
        HandshakeTurns turns = tls.turnsOf(channel.eventLoop());
        channel.freezeTime();
        turns.submit(() -> true);
        channel.writeInbound(Unpooled.wrappedBuffer(record, 0, 50).copy());
        channel.writeInbound(
                Unpooled.wrappedBuffer(record, 50, record.length - 50).copy());
        assertThat(turns.waiting()).isEqualTo(1);
        assertThat(channel.pipeline().get(SslHandler.class)).isNull();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(turns.waiting()).isZero();
        assertThat(answersWithServerHello()).isTrue();
        channel.unfreezeTime();
    }

    @Test
    void boundsWhatAWaitingClientMaySend() {
        channel.freezeTime();
        tls.turnsOf(channel.eventLoop()).submit(() -> true);
        channel.writeInbound(Unpooled.wrappedBuffer(Hellos.record("db.example.com", "postgresql")));
        for (int i = 0; i < 200 && channel.isOpen(); i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[1024]));
        }
        assertThat(channel.isOpen()).isFalse();
        assertThat(failure()).hasMessage("the client sends without waiting for an answer");
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.pipeline().get(SslHandler.class)).isNull();
        channel.unfreezeTime();
    }

    @Test
    void survivesAnyBytes() {
        byte[] record = Hellos.record("db.example.com", "postgresql");
        Random random = new Random(11);
        for (int i = 0; i < 1_000; i++) {
            EmbeddedChannel fuzzed = channel(Alpn.REQUIRED);
            byte[] changed = record.clone();
            for (int n = random.nextInt(6); n >= 0; n--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            int cut = random.nextInt(changed.length);
            fuzzed.writeInbound(Unpooled.copiedBuffer(changed, 0, cut));
            if (fuzzed.isOpen()) {
                fuzzed.writeInbound(Unpooled.copiedBuffer(changed, cut, changed.length - cut));
            }
            fuzzed.finishAndReleaseAll();
        }
        assertThat(tls.contexts()).allMatch(context -> context.refCnt() == 1);
    }
}

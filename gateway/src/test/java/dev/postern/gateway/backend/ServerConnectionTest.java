package dev.postern.gateway.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.server.LoginPolicy;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.LoopTimer;
import dev.postern.gateway.pool.PoolMode;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.Seat;
import dev.postern.gateway.pool.ServerOpener;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.relay.ClientStream;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.LinkMode;
import dev.postern.gateway.relay.ServerParts;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.StatementMemory;
import dev.postern.gateway.relay.Traffic;
import dev.postern.tls.SslMode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServerConnectionTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final List<String> events = new ArrayList<>();

    private ServerConnection connection(PoolMode mode, String resetQuery) {
        PoolSettings defaults = PoolSettings.defaults();
        PoolSettings settings = new PoolSettings(
                mode,
                1,
                0,
                0,
                defaults.reservePoolTimeout(),
                defaults.queryWaitTimeout(),
                defaults.serverLifetime(),
                defaults.serverIdleTimeout(),
                defaults.serverConnectTimeout(),
                defaults.serverLoginRetry(),
                defaults.serverCheckDelay(),
                "",
                resetQuery,
                200,
                defaults.cancelWaitTimeout(),
                Duration.ofSeconds(5),
                0,
                0,
                false,
                false,
                false,
                false);
        ChannelHandlerContext login = channel.pipeline().firstContext();
        ServerConnection server = new ServerConnection(
                new ServerOpening.OpenedServer(login, new ServerAddress("pg", 5432), false, Map.of(), Optional.empty()),
                new Backend(
                        "route",
                        Hosts.inOrder(List.of(new ServerAddress("pg", 5432))),
                        "db",
                        SslMode.DISABLE,
                        Optional.empty(),
                        LoginPolicy.DEFAULT,
                        true,
                        Map.of(),
                        Optional.empty(),
                        channel -> {}),
                new Home(settings),
                seat(settings),
                new ServerParts(new Traffic()),
                new StatementCache(new StatementMemory()));
        channel.pipeline().addLast("server", server);
        return server;
    }

    private static Seat seat(PoolSettings settings) {
        Deque<ServerOpener.Result<LentServer>> opening = new ArrayDeque<>();
        LoopTimer timer = new LoopTimer() {
            @Override
            public long nanoTime() {
                return 0;
            }

            @Override
            public void after(Duration delay, Runnable task) {}
        };
        new ServerPool<>(settings, opening::add, timer).enqueue(new NobodyWaits());
        return opening.remove().seat(0);
    }

    private static final class NobodyWaits implements dev.postern.gateway.pool.Waiter<LentServer> {
        @Override
        public void served(LentServer server) {}

        @Override
        public void refused(dev.postern.gateway.pool.CheckoutFailure failure) {}
    }

    private final class Home implements ServerConnection.Home {
        private final PoolSettings settings;

        Home(PoolSettings settings) {
            this.settings = settings;
        }

        @Override
        public PoolSettings settings() {
            return settings;
        }

        @Override
        public void returned(ServerConnection server) {
            events.add("returned");
        }

        @Override
        public void closed(ServerConnection server, CloseReason reason) {
            events.add("closed " + reason.label());
        }

        @Override
        public String role() {
            return "app_role";
        }

        @Override
        public boolean leased() {
            return false;
        }

        @Override
        public void transactionEnded(Duration took) {}

        @Override
        public void targetLost(ServerConnection server) {
            events.add("target lost");
        }

        @Override
        public void saysOtherwise(Map<String, String> parameters) {
            events.add("says otherwise");
        }

        @Override
        public void credentialRefused(ServerConnection server, String sqlState) {
            events.add("credential refused " + sqlState);
        }

        @Override
        public void askAboutRole(java.util.function.Consumer<RoleInquiry.Verdict> result) {
            throw new IllegalStateException("not leased");
        }
    }

    private void link(ServerConnection server) {
        server.link(new Link(
                new NoClient(() -> events.add("client told")),
                new ClientStream(),
                server,
                server.parts(),
                LinkMode.PLAIN));
    }

    private static ByteBuf message(char type, String body) {
        byte[] bytes = body.replace('.', '\0').getBytes(StandardCharsets.ISO_8859_1);
        return Unpooled.wrappedBuffer(ByteBuffer.allocate(5 + bytes.length)
                .put((byte) type)
                .putInt(4 + bytes.length)
                .put(bytes)
                .flip());
    }

    @AfterEach
    void leavesNothingBehind() {
        channel.finishAndReleaseAll();
    }

    @Test
    void tellsItsClientForWhateverReasonItIsClosed() {
        ServerConnection server = connection(PoolMode.TRANSACTION, "");
        link(server);

        server.close(CloseReason.RECONNECT);

        assertThat(events).containsExactly("closed reconnect", "client told");
    }

    @Test
    void tellsAClientNothingThatDiscardsIt() {
        ServerConnection server = connection(PoolMode.TRANSACTION, "");
        link(server);

        server.discard(CloseReason.CLIENT_GONE);

        assertThat(events).containsExactly("closed client_gone");
    }

    @Test
    void releasesWhatComesAfterItsEnd() {
        ServerConnection server = connection(PoolMode.TRANSACTION, "");
        ByteBuf late = message('?', "x");
        server.discard(CloseReason.CLIENT_GONE);

        server.channelRead(context(), late);

        assertThat(late.refCnt()).isZero();
        assertThat(events).containsExactly("closed client_gone");
    }

    private static ChannelHandlerContext context() {
        return new EmbeddedChannel(new ChannelInboundHandlerAdapter())
                .pipeline()
                .firstContext();
    }

    @Test
    void goesBackAfterTheResetQueryAlone() {
        ServerConnection server = connection(PoolMode.SESSION, "DISCARD ALL");
        server.settingsUnknown();

        server.giveBack();

        assertThat(events).isEmpty();
        channel.writeInbound(message('C', "DISCARD ALL."), message('Z', "I"));
        assertThat(events).containsExactly("returned");
        assertThat(server.areSettingsUnknown()).isFalse();
    }

    @Test
    void doesNotTrustAResetQueryThatLeavesSettings() {
        ServerConnection server = connection(PoolMode.SESSION, "DEALLOCATE ALL");
        server.settings(SessionSettings.of(Map.of("timezone", "UTC")));

        server.giveBack();
        channel.writeInbound(message('C', "DEALLOCATE ALL."), message('Z', "I"));

        assertThat(server.areSettingsUnknown()).isTrue();
    }

    @Test
    void doesNotGoBackWhenTheResetQueryFails() {
        ServerConnection server = connection(PoolMode.SESSION, "DISCARD ALL");

        server.giveBack();
        channel.writeInbound(message('E', "SERROR.VERROR.C42501.Mno.."), message('Z', "I"));

        assertThat(events).containsExactly("closed reset_failed");
    }

    @Test
    void takesNoticesWhenIdleAndNothingElse() {
        ServerConnection server = connection(PoolMode.TRANSACTION, "");
        channel.writeInbound(message('N', "SNOTICE.Mhello.."), message('S', "TimeZone.UTC."));
        boolean openBefore = channel.isOpen();

        channel.writeInbound(message('Z', "I"));

        assertThat(openBefore).isTrue();
        assertThat(server.parameters()).containsEntry("TimeZone", "UTC");
        assertThat(events).containsExactly("closed protocol_violation");
    }

    @Test
    void isClosedWhenACopyLeftItInDoubt() {
        ServerConnection server = connection(PoolMode.SESSION, "DISCARD ALL");
        Link link = new Link(
                new NoClient(() -> events.add("client told")),
                new ClientStream(),
                server,
                server.parts(),
                LinkMode.PLAIN);
        server.link(link);
        link.fromClient(message('P', ".copy t from stdin..."));
        link.fromClient(message('B', "........"));
        link.fromClient(message('E', "....."));
        link.fromClient(message('S', ""));
        channel.writeInbound(message('1', ""), message('2', ""), message('G', "..."));
        channel.writeInbound(message('E', "SERROR.VERROR.CP0001.Mno.."), message('Z', "I"));
        assertThat(link.isClean()).isTrue();

        server.giveBack();

        assertThat(events).containsExactly("closed protocol_violation");
    }

    @Test
    void isNotLentAgainAfterItsLastWords() {
        ServerConnection server = connection(PoolMode.TRANSACTION, "");
        Link link = new Link(
                new NoClient(() -> events.add("client told")),
                new ClientStream(),
                server,
                server.parts(),
                LinkMode.PLAIN);
        server.link(link);
        link.fromClient(message('Q', "select 1."));
        channel.writeInbound(Unpooled.wrappedBuffer(
                message('C', "SELECT 1."), message('Z', "I"), message('E', "SFATAL.VFATAL.C57P01.Mbye..")));

        server.giveBack();

        assertThat(events).containsExactly("closed server_gone");
    }

    @Test
    void doesNotGoBackWhenItSpeaksItsLastWordsBehindTheResetQuery() {
        ServerConnection server = connection(PoolMode.SESSION, "DISCARD ALL");

        server.giveBack();
        channel.writeInbound(Unpooled.wrappedBuffer(
                message('C', "DISCARD ALL."), message('Z', "I"), message('E', "SFATAL.VFATAL.C57P01.Mbye..")));

        assertThat(events).containsExactly("closed server_gone");
    }
}

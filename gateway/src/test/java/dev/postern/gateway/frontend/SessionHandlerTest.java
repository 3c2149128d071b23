package dev.postern.gateway.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.LoopTimer;
import dev.postern.gateway.pool.PoolMode;
import dev.postern.gateway.pool.PoolSettings;
import dev.postern.gateway.pool.ServerOpener;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.relay.ClientStream;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.StatementMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SessionHandlerTest {
    private final StatementCache cache = new StatementCache(new StatementMemory());
    private final Deque<ServerOpener.Result<LentServer>> opening = new ArrayDeque<>();
    private final BreakableChannel client = new BreakableChannel();
    private final LoopTimer timer = new LoopTimer() {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public void after(Duration delay, Runnable task) {}
    };
    private ServerPool<LentServer> servers = newServers(PoolMode.TRANSACTION);
    private SessionPool pool = newPool();

    /** Whose network can fail when something is sent: then Netty tells the handlers from within that call. */
    private static final class BreakableChannel extends EmbeddedChannel {
        private boolean broken;

        @Override
        protected void doWrite(ChannelOutboundBuffer in) throws Exception {
            if (broken) {
                throw new IOException("Connection reset by peer");
            }
            super.doWrite(in);
        }
    }

    private ServerPool<LentServer> newServers(PoolMode mode) {
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
                "DISCARD ALL",
                200,
                defaults.cancelWaitTimeout(),
                Duration.ofSeconds(5),
                0,
                0,
                false,
                false,
                false,
                false);
        return new ServerPool<>(settings, opening::add, timer);
    }

    private SessionPool newPool() {
        return new SessionPool("route", client.eventLoop(), servers, cache, UserTimes.NONE);
    }

    private SessionHandler session(SessionSettings settings) {
        SessionHandler session = new SessionHandler(pool, settings, LISTENER, new ClientStream());
        client.pipeline().addLast("session", session);
        return session;
    }

    static final Routes NO_ROUTES = new Routes() {
        @Override
        public Decision decide(
                String database, Optional<String> serverName, Optional<String> routeOption, boolean physical) {
            return new Decision.Unknown();
        }

        @Override
        public dev.postern.auth.client.ClientAuthenticator nobody() {
            throw new AssertionError("nobody logs in");
        }
    };

    private static final Listener LISTENER = new Listener(
            "test",
            Listener.TlsMode.DISABLE,
            Optional.empty(),
            true,
            address -> false,
            client -> java.util.concurrent.CompletableFuture.completedFuture(""),
            new AddressCounts(),
            new UnfinishedLogins(10),
            Duration.ofSeconds(1),
            NO_ROUTES,
            new CancelKeys(),
            new ClientCounts(new ClientLimits(10, 0, Map.of(), Map.of())));

    private FakeServer open() {
        ServerOpener.Result<LentServer> result = opening.remove();
        FakeServer server = new FakeServer(result.seat(0), pool.servers(), cache);
        result.opened(server);
        return server;
    }

    @AfterEach
    void leavesNothingBehind() {
        client.finishAndReleaseAll();
        assertThat(cache.size()).isZero();
    }

    private static byte[] message(char type, String body) {
        byte[] bytes = body.replace('.', '\0').getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) type)
                .putInt(4 + bytes.length)
                .put(bytes)
                .array();
    }

    private static byte[] query(String sql) {
        return message('Q', sql + ".");
    }

    private static final byte[] READY = message('Z', "I");

    private void sends(byte[]... messages) {
        client.writeInbound(Unpooled.copiedBuffer(messages));
    }

    private String reads() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf out = client.readOutbound(); out != null; out = client.readOutbound()) {
            out.toString(StandardCharsets.ISO_8859_1).chars().forEach(c -> text.append(c < 0x20 ? '.' : (char) c));
            out.release();
        }
        return text.toString();
    }

    @Test
    void givesTheServerBackAfterTheTransactionAlone() {
        session(SessionSettings.NONE);
        sends(query("begin"));
        FakeServer server = open();
        server.says(message('C', "BEGIN."), message('Z', "T"));
        boolean inTransaction = server.linked();
        sends(query("commit"));

        server.says(message('C', "COMMIT."), READY);

        assertThat(inTransaction).isTrue();
        assertThat(server.linked()).isFalse();
        assertThat(servers.view().idle()).isOne();
        assertThat(reads()).contains("BEGIN").endsWith("Z....I");
    }

    @Test
    void releasesWhatIsNoMessage() {
        session(SessionSettings.NONE);
        ByteBuf garbage = Unpooled.copiedBuffer(message('?', "garbage"));

        client.writeInbound(garbage);

        assertThat(garbage.refCnt()).isZero();
        assertThat(reads()).contains("08P01");
        assertThat(client.isOpen()).isFalse();
        assertThat(opening).isEmpty();
    }

    @Test
    void releasesAMessageOfImpossibleLength() {
        session(SessionSettings.NONE);
        ByteBuf garbage = Unpooled.copiedBuffer(new byte[] {'d', -1, -1, -1, -1, 0});

        client.writeInbound(garbage);

        assertThat(garbage.refCnt()).isZero();
        assertThat(reads()).contains("08P01");
    }

    @Test
    @Timeout(5)
    void doesNotGoRoundForEverOverALengthThatLeadsNowhere() {
        ByteBuf backwards = Unpooled.wrappedBuffer(new byte[] {'P', -1, -1, -1, -1, 0, 0, 0});
        ByteBuf beyond = Unpooled.wrappedBuffer(new byte[] {'P', 0x7f, -1, -1, -1, 0, 0, 0});

        assertThat(SessionHandler.isOneRequest(backwards)).isFalse();
        assertThat(SessionHandler.isOneRequest(beyond)).isFalse();
        assertThat(SessionHandler.isOneRequest(Unpooled.wrappedBuffer(query("select 1"))))
                .isTrue();
    }

    @Test
    void answersACancelWhileItWaits() {
        SessionHandler session = session(SessionSettings.NONE);
        sends(query("select 1"));

        session.cancel(new EmbeddedChannel());
        client.runPendingTasks();

        assertThat(reads()).contains("57014").endsWith("Z....I");
        assertThat(servers.view().waiting()).isZero();
        open();
        assertThat(servers.view().idle()).isOne();
    }

    @Test
    void answersACancelWhileItsSettingsArePutOnTheServer() {
        SessionHandler session = session(SessionSettings.of(Map.of("timezone", "UTC")));
        sends(query("select 1"));
        FakeServer server = open();

        session.cancel(new EmbeddedChannel());
        client.runPendingTasks();

        assertThat(reads()).contains("57014").endsWith("Z....I");
        assertThat(server.received()).contains("SET \"timezone\" TO");
        server.says(message('C', "SELECT 1."), READY);
        assertThat(server.received()).isEmpty();
        assertThat(server.linked()).isFalse();
        assertThat(servers.view().idle()).isOne();
    }

    @Test
    void closesAServerThatIsLeftInTheMiddle() {
        session(SessionSettings.NONE);
        sends(query("select 1"));
        FakeServer server = open();

        client.close();

        assertThat(server.closed).isEqualTo(CloseReason.CLIENT_GONE);
        assertThat(server.received()).doesNotContain("X").contains("select 1");
    }

    @Test
    void keepsAServerFromOthersWhenACopyLeftItInDoubt() {
        session(SessionSettings.NONE);
        sends(message('P', ".copy t from stdin..."), message('B', "........"), message('E', "....."), message('S', ""));
        FakeServer server = open();
        server.says(message('1', ""), message('2', ""), message('G', "..."));

        server.says(message('E', "SERROR.VERROR.CP0001.Mno.."), READY);

        assertThat(server.closed).isNotNull();
        assertThat(client.isOpen()).isTrue();
        assertThat(reads()).contains("P0001").endsWith("Z....I");
    }

    @Test
    void doesNotReadFromAClientWhoseServerIsFull() {
        session(SessionSettings.NONE);
        sends(query("copy t from stdin"));
        ServerOpener.Result<LentServer> result = opening.remove();
        FakeServer server = new FakeServer(result.seat(0), servers, cache);
        server.writable = false;

        result.opened(server);

        assertThat(client.config().isAutoRead()).isFalse();
        server.discard(CloseReason.CLIENT_GONE);
    }

    @Test
    void doesNotReadFromAServerWhoseClientIsFull() {
        session(SessionSettings.NONE);
        client.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        sends(query("select 1"));

        FakeServer server = open();

        assertThat(server.reading).isFalse();
    }

    @Test
    void waitsInTheNextPoolWhenAReloadReplacesItsOwn() {
        session(SessionSettings.NONE);
        sends(query("select 1"));
        ServerPool<LentServer> before = servers;
        opening.clear();
        servers = newServers(PoolMode.TRANSACTION);
        pool.replace(servers, UserTimes.NONE);

        before.close();

        assertThat(reads()).isEmpty();
        assertThat(open().received()).contains("select 1");
    }

    @Test
    void endsWhenItsPoolIsClosedForGood() {
        session(SessionSettings.NONE);
        sends(query("select 1"));

        servers.close();

        assertThat(reads()).contains("57P01");
        assertThat(client.isOpen()).isFalse();
        opening.clear();
    }

    @Test
    void putsItsSettingsBackAfterDiscardAllInSessionMode() {
        servers = newServers(PoolMode.SESSION);
        pool = newPool();
        session(SessionSettings.of(Map.of("timezone", "Asia/Tokyo")));
        sends(query("discard all"));
        FakeServer server = open();
        server.says(message('C', "SELECT 1."), READY); // its settings
        server.received();

        server.says(message('C', "DISCARD ALL."), READY);

        assertThat(server.received()).contains("Asia/Tokyo");
        sends(query("select 1"));
        assertThat(server.received()).doesNotContain("select 1");
        server.says(message('C', "SELECT 1."), READY);
        assertThat(server.received()).contains("select 1");
        assertThat(server.linked()).isTrue();
    }

    @Test
    void endsASessionWhoseStartupSettingsAreNotPutBack() {
        servers = newServers(PoolMode.SESSION);
        pool = newPool();
        session(SessionSettings.of(Map.of("timezone", "Asia/Tokyo")));
        sends(query("reset all"));
        FakeServer server = open();
        server.says(message('C', "SELECT 1."), READY); // its settings
        server.says(message('C', "RESET."), READY);

        server.says(message('E', "SERROR.VERROR.C57014.Mcanceled.."), READY);

        assertThat(reads()).contains("RESET", "08006", "could not be put back behind a RESET");
        assertThat(server.linked()).isFalse();
    }

    @Test
    void takesNoServerForHalfAMessage() {
        session(SessionSettings.NONE);
        byte[] query = query("select 1");

        for (byte one : java.util.Arrays.copyOf(query, query.length - 1)) {
            sends(new byte[] {one});
        }

        assertThat(opening).isEmpty();
        assertThat(servers.view().waiting()).isZero();
        sends(new byte[] {0});
        assertThat(open().received()).contains("select 1");
    }

    @Test
    void keepsTheServerOfAClientThatLeavesWhileItsSettingsAreAskedFor() {
        session(SessionSettings.NONE);
        sends(query("set schema 'x'"));
        FakeServer server = open();
        server.says(message('C', "SET."), READY);
        assertThat(server.received()).contains("pg_settings");

        client.close();

        assertThat(server.closed).isNull();
        server.says(message('C', "SELECT 0."), READY);
        assertThat(servers.view().idle()).isOne();
    }

    @Test
    void keepsTheStatementsOfAClientWhenAReloadChangesThePoolMode() {
        session(SessionSettings.NONE);
        sends(message('P', "mine.select 1..."), message('S', ""));
        FakeServer server = open();
        server.says(message('1', ""), READY);
        ServerPool<LentServer> before = servers;
        servers = newServers(PoolMode.SESSION);
        pool.replace(servers, UserTimes.NONE);
        before.close();

        sends(message('D', "Smine."), message('S', ""));

        assertThat(open().received()).contains("postern_1.select 1").contains("Spostern_1");
    }

    @Test
    void keepsItsServerWhenAReloadEndsSessionMode() {
        servers = newServers(PoolMode.SESSION);
        pool = newPool();
        session(SessionSettings.NONE);
        sends(message('P', "mine.select 1..."), message('S', ""));
        FakeServer server = open();
        server.says(message('1', ""), READY);
        ServerPool<LentServer> before = servers;
        servers = newServers(PoolMode.TRANSACTION);
        pool.replace(servers, UserTimes.NONE);
        before.close();

        sends(message('D', "Smine."), message('S', ""));
        server.says(message('t', "..."), message('n', ""), READY);

        assertThat(server.received()).contains("Smine.");
        assertThat(server.linked()).isTrue();
    }

    @Test
    void drainsASessionWhoseLoginEndedAfterTheDrainHadBegun() {
        pool.drain();

        session(SessionSettings.NONE);

        assertThat(reads()).contains("57P01");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void passesTheServersLastWordsOnBeforeItCloses() {
        session(SessionSettings.NONE);
        sends(query("select 1"));
        FakeServer server = open();
        server.says(message('E', "SFATAL.VFATAL.C57P01.Mbye.."));

        server.close(CloseReason.SERVER_GONE);

        assertThat(reads()).contains("57P01").doesNotContain("08006");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void tellsTheClientWhateverTheReasonItsServerWasClosedFor() {
        session(SessionSettings.NONE);
        sends(query("select 1"));
        FakeServer server = open();

        server.close(CloseReason.CANCEL_UNSETTLED);

        assertThat(reads()).contains("08006");
    }

    @Test
    void takesNothingMoreFromAChannelThatIsClosed() {
        SessionHandler session = session(SessionSettings.NONE);
        ChannelHandlerContext context = client.pipeline().context(session);
        sends(query("select 1"));
        ByteBuf late = Unpooled.copiedBuffer(query("select 2"));
        client.close();

        session.channelRead(context, late);

        assertThat(late.refCnt()).isZero();
        open();
        assertThat(servers.view().idle()).isOne();
    }

    @Test
    void givesItsServerBackOnceWhenTheClientIsFoundGoneWithTheAnswer() {
        session(SessionSettings.NONE);
        EmbeddedChannel other =
                new EmbeddedChannel(new SessionHandler(pool, SessionSettings.NONE, LISTENER, new ClientStream()));
        sends(query("select 1"));
        FakeServer server = open();
        other.writeInbound(Unpooled.copiedBuffer(query("select 2")));
        client.broken = true;

        server.says(message('C', "SELECT 1."), READY);

        assertThat(server.received()).contains("select 2");
        assertThat(server.linked()).as("lent to the other client").isTrue();
        assertThat(servers.view().active()).isOne();
        assertThat(servers.view().idle()).isZero();
        server.says(message('C', "SELECT 2."), READY);
        ByteBuf answer = other.readOutbound();
        assertThat(answer.toString(StandardCharsets.ISO_8859_1)).contains("SELECT 2");
        answer.release();
        other.finishAndReleaseAll();
    }

    @Test
    void asksNothingMoreOfItsServerWhenTheClientIsFoundGoneWithTheAnswer() {
        servers = newServers(PoolMode.SESSION);
        pool = newPool();
        session(SessionSettings.of(Map.of("timezone", "Asia/Tokyo")));
        sends(query("discard all"));
        FakeServer server = open();
        server.says(message('C', "SELECT 1."), READY); // its settings
        server.received();
        client.broken = true;

        server.says(message('C', "DISCARD ALL."), READY);

        assertThat(server.linked()).isFalse();
        assertThat(server.received()).isEmpty();
        assertThat(servers.view().idle()).isOne();
    }

    @Test
    void readsFromAServerThatIsAskedThoughItsClientIsFull() {
        session(SessionSettings.NONE);
        sends(query("set x to 1; select everything"));
        FakeServer server = open();
        client.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        client.runPendingTasks();
        boolean readingForTheClient = server.reading;

        server.says(message('C', "SET."), message('C', "SELECT 1."), READY);

        assertThat(readingForTheClient).isFalse();
        assertThat(server.received()).contains("pg_settings");
        assertThat(server.reading).isTrue();
        server.says(message('C', "SELECT 0."), READY);
        assertThat(servers.view().idle()).isOne();
    }

    @Test
    void putsSettingsBackOnAServerWhoseClientIsFullWhenItReadsAgain() {
        servers = newServers(PoolMode.SESSION);
        pool = newPool();
        session(SessionSettings.of(Map.of("timezone", "Asia/Tokyo")));
        sends(query("discard all"));
        FakeServer server = open();
        server.says(message('C', "SELECT 1."), READY); // its settings
        client.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        client.runPendingTasks();

        server.says(message('C', "DISCARD ALL."), READY);

        assertThat(server.received()).contains("Asia/Tokyo");
        assertThat(server.reading).isFalse();
        client.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        client.runPendingTasks();
        assertThat(server.reading).isTrue();
        server.says(message('C', "SELECT 1."), READY);
        sends(query("select 2"));
        assertThat(server.received()).contains("select 2");
    }

    @Test
    void takesAnotherServerWhenOneEndsBehindItsSettings() {
        session(SessionSettings.of(Map.of("timezone", "UTC")));
        sends(query("select 1"));
        FakeServer dying = open();

        dying.says(message('C', "SELECT 1."), READY, message('E', "SFATAL.VFATAL.C57P01.Mbye.."));

        assertThat(dying.closed).isEqualTo(CloseReason.SERVER_GONE);
        FakeServer next = open();
        next.says(message('C', "SELECT 1."), READY);
        assertThat(next.received()).contains("select 1");
        assertThat(reads()).isEmpty();
        next.says(message('C', "SELECT 1."), READY);
        assertThat(client.isOpen()).isTrue();
    }
}

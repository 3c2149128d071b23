package dev.postern.gateway.frontend;

import dev.postern.auth.client.Identity;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ErrorResponses;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.Message;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One client's login, from accept to the first ReadyForQuery: its one deadline, and the one way it is refused. Used on the
 * event loop that the channel is on at that time.
 */
final class Login {
    private static final Logger log = LoggerFactory.getLogger("dev.postern.audit");
    private static final int MOST_LOGGED = 256;

    private final Listener listener;
    private final Channel channel;
    private final Instant acceptedAt = Instant.now();
    private final long deadline;
    private @Nullable ScheduledFuture<?> timer;
    private String step = "first packet";
    private String user = "";
    private String database = "";
    private String route = "";
    private String method = "";
    private String tls = "none";
    private String cipher = "";
    private Optional<InetSocketAddress> realClient = Optional.empty();
    private ProxyFields proxyFields = ProxyFields.NONE;
    private Optional<AddressCounts.Entry> counted = Optional.empty();
    private boolean over;
    /** Set by any thread, before the task that puts it in force: a channel on its way to another loop has none to run it. */
    private volatile @Nullable Refusal evicted;

    Login(Listener listener, Channel channel) {
        this.listener = listener;
        this.channel = channel;
        this.deadline = System.nanoTime() + listener.clientLoginTimeout().toNanos();
        schedule();
        channel.closeFuture().addListener(closed -> stop());
    }

    /** The connection is there: whether there is room for one more that is not logged in. */
    void begin() {
        UnfinishedLogins unfinished = listener.unfinished();
        Optional<Refusal> tooMany = unfinished.begin(this);
        channel.closeFuture().addListener(closed -> unfinished.end(this));
        tooMany.ifPresent(this::refuse);
    }

    /** Has to go, for another connection; called by any thread. */
    void evict(Refusal refusal) {
        evicted = refusal;
        channel.eventLoop().execute(this::leaveIfEvicted);
    }

    private void leaveIfEvicted() {
        Refusal refusal = evicted;
        if (refusal == null || !channel.isRegistered()) {
            return; // between two loops: it is asked again where it arrives
        }
        if (channel.eventLoop().inEventLoop()) {
            refuse(refusal);
        } else {
            channel.eventLoop().execute(this::leaveIfEvicted);
        }
    }

    Listener listener() {
        return listener;
    }

    Instant acceptedAt() {
        return acceptedAt;
    }

    Channel channel() {
        return channel;
    }

    /** The client's real address: what a trusted proxy says, or else where the connection comes from. */
    SocketAddress client() {
        return realClient.<SocketAddress>map(real -> real).orElseGet(this::peer);
    }

    private SocketAddress peer() {
        SocketAddress remote = channel.remoteAddress();
        return remote == null ? InetSocketAddress.createUnresolved("unknown", 0) : remote;
    }

    /** A trusted proxy has said who is behind it; empty where it speaks for itself. */
    void proxied(Optional<InetSocketAddress> real, ProxyFields fields) {
        realClient = real;
        proxyFields = fields;
        real.ifPresent(address -> channel.attr(ClientText.REAL).set(address));
    }

    /** The address is known: whether it may have one more connection. */
    void admit() {
        counted = listener.addresses().opened(client());
        if (counted.isEmpty()) {
            return;
        }
        AddressCounts.Entry entry = counted.get();
        channel.closeFuture().addListener(closed -> entry.closed());
        listener.addresses().refuses(entry).ifPresent(this::refuse);
    }

    void secured(TlsFacts facts) {
        tls = facts.protocol();
        cipher = facts.cipher();
    }

    /** What is asked of the client, for the log of a login that fails. */
    void asking(String asked) {
        method = asked;
    }

    private void schedule() {
        timer = channel.eventLoop().schedule(this::late, deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void late() {
        refuse(new Refusal.LoginTimeout(step));
    }

    /** What the client must do next, for the log line of a login that takes too long. */
    void step(String next) {
        step = next;
    }

    void asked(String askedUser, String askedDatabase) {
        user = askedUser;
        database = askedDatabase;
    }

    void routed(String name) {
        route = name;
    }

    /**
     * Moves the connection to another event loop and goes on there; must be called outside of the channel's own reads.
     * The deadline moves along.
     */
    void moveTo(EventLoop loop, Runnable then) {
        if (over || !channel.isActive()) {
            return;
        }
        if (channel.eventLoop() == loop) {
            then.run();
            return;
        }
        stop();
        channel.deregister().addListener(left -> {
            if (!left.isSuccess()) {
                channel.close();
                return;
            }
            loop.register(channel).addListener(arrived -> {
                if (!arrived.isSuccess() || !channel.isActive()) {
                    channel.close();
                    return;
                }
                schedule();
                leaveIfEvicted();
                if (!over) {
                    then.run();
                }
            });
        });
    }

    /** The client has proved who it is, and is counted as one that is in. */
    void authenticated() {
        listener.unfinished().end(this);
    }

    /** The client is in: the deadline no longer applies. */
    void succeeded(Identity identity) {
        over = true;
        stop();
        authenticated();
        counted.ifPresent(AddressCounts.Entry::loggedIn);
        method = identity.method().label();
        asked(log.atInfo())
                .addKeyValue(LogKeys.SUPERUSER, identity.privileged())
                .log("client_login");
    }

    void refuse(ProtocolViolation violation) {
        if (violation.refusal() instanceof Refusal.MalformedCancelRequest) {
            gone();
        } else {
            refuse(violation.refusal());
        }
    }

    /** The one way a login fails: the operator reads why, the client what it may, and the connection is closed. */
    void refuse(Refusal refusal) {
        refuse(refusal, ErrorResponses.of(refusal));
    }

    /** For what a server said about this client's own settings. */
    void refuse(Refusal refusal, ErrorResponse answer) {
        if (over) {
            return;
        }
        over = true;
        stop();
        listener.counts().refused(refusal);
        asked(log.atInfo())
                .addKeyValue(LogKeys.REASON, refusal.reason())
                .addKeyValue(LogKeys.DETAIL, shortened(refusal.toString()))
                .log("client_refused");
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null && !tls.handshakeFuture().isDone()) {
            channel.close(); // nothing can be said before the handshake is over
        } else {
            LastWords.say(channel, encoded(answer));
        }
    }

    /** A handler threw: the client's fault, the network's, or ours. */
    void failed(Throwable cause) {
        Throwable root = cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() != null
                ? cause.getCause()
                : cause;
        switch (root) {
            case ProtocolViolation violation -> refuse(violation);
            case javax.net.ssl.SSLException tls -> handshakeFailed(tls);
            case java.io.IOException broken -> gone();
            default -> {
                asked(log.atError()).setCause(root).log("login_error");
                refuse(new Refusal.Internal(root.toString()));
            }
        }
    }

    /** TLS has sent its own alert; a message of ours could not be read. */
    void handshakeFailed(Throwable cause) {
        if (!over) {
            over = true;
            stop();
            listener.counts().handshakeFailed();
            log.atInfo()
                    .addKeyValue(LogKeys.CLIENT, ClientText.of(client()))
                    .addKeyValue(LogKeys.LISTENER, listener.name())
                    .addKeyValue(LogKeys.DETAIL, shortened(String.valueOf(cause.getMessage())))
                    .log("tls_handshake_failed");
        }
        channel.close();
    }

    private void gone() {
        over = true;
        stop();
        channel.close();
    }

    /** Before anybody knows who it is, a client cannot have so much kept for later. */
    static void checkEarly(int bytes) {
        if (bytes > MessageHeader.AUTH_MESSAGE_LIMIT) {
            throw new ProtocolViolation("too much data before the end of the login");
        }
    }

    boolean isOver() {
        return over;
    }

    void send(Message message) {
        channel.writeAndFlush(encoded(message));
    }

    ByteBuf encoded(Message message) {
        ByteBuf out = channel.alloc().buffer();
        message.encode(out);
        return out;
    }

    /** What every event of a login says; texts that a client chose are short enough for a line. */
    private LoggingEventBuilder asked(LoggingEventBuilder event) {
        LoggingEventBuilder said = event.addKeyValue(LogKeys.CLIENT, ClientText.of(client()))
                .addKeyValue(LogKeys.LISTENER, listener.name())
                .addKeyValue(LogKeys.USER, shortened(user))
                .addKeyValue(LogKeys.DATABASE, shortened(database))
                .addKeyValue(LogKeys.ROUTE, route)
                .addKeyValue(LogKeys.METHOD, method)
                .addKeyValue(LogKeys.TLS, tls)
                .addKeyValue(LogKeys.CIPHER, cipher);
        if (realClient.isPresent()) {
            said = said.addKeyValue(LogKeys.PROXY, ClientText.of(peer()));
        }
        if (!proxyFields.byType().isEmpty()) {
            said = said.addKeyValue(LogKeys.PROXY_FIELDS, proxyFields.text());
        }
        return said;
    }

    private static String shortened(String text) {
        return text.codePointCount(0, text.length()) <= MOST_LOGGED
                ? text
                : text.substring(0, text.offsetByCodePoints(0, MOST_LOGGED)) + "...";
    }
}

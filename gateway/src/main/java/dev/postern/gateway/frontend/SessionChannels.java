package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.NotificationResponse;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The channels that one session in transaction mode LISTENs to: when they go over from its own server to the pool's
 * {@link ChannelListener}, and which notifications it is told by whom. On the session's loop.
 */
final class SessionChannels {
    /** The session. */
    interface Owner {
        Channel channel();

        /** It has no server, and asks for none. */
        boolean isIdle();

        /** It has ended, and is told nothing more. */
        boolean isOver();

        /** The pool's listener hears the channels in the server's place: the server goes. */
        void handedOver();

        /** The server has refused to mark the place. */
        void handOverFailed(Refusal refusal);

        void close(Refusal refusal);
    }

    /** Its server listens still, until it has come to the mark. */
    private static final class HandOver {
        final Link link;
        /** Once the server has been told to mark the place: what comes behind it there is the listener's. */
        String mark = "";
        /** What the server tells until then. */
        Set<String> channels = Set.of();
        /** The server has come to the mark. */
        boolean said;
        /** The listener has. */
        boolean heard;

        HandOver(Link link) {
            this.link = link;
        }
    }

    private final ChannelListener listener;
    private final String route;
    private final Owner owner;
    /** The pool's listener hears channels for it. */
    private boolean listens;

    private @Nullable HandOver handOver;
    private Optional<Refusal> lost = Optional.empty();
    private final KeptNotifications kept = new KeptNotifications();

    SessionChannels(SessionPool pool, Owner owner) {
        this.listener = pool.channels();
        this.route = pool.route();
        this.owner = owner;
    }

    // ---- for the session

    boolean canListen(@Nullable String encoding, LentServer server) {
        return listener.takes(encoding, server.parameters());
    }

    boolean canListen(@Nullable String encoding, LentServer server, Set<String> added) {
        return listener.takes(this, encoding, server.parameters(), added);
    }

    /** The pool's listener hears the channels from now on; {@link Owner#handedOver} follows. */
    void handOver(Link link, Set<String> channels) {
        HandOver over = new HandOver(link);
        handOver = over;
        listens = true;
        over.channels = listener.listen(this, channels);
    }

    /** Its server is clean again. */
    void serverReady() {
        HandOver over = handOver;
        if (over != null && over.said && over.heard && over.link.isClean()) {
            handOver = null;
            owner.handedOver();
        }
    }

    /** Whether it is told what its own server says: unless the pool's listener says it. */
    boolean takesFromServer(ByteBuf message) {
        if (!listens) {
            return true;
        }
        NotificationResponse notification = Notifications.decode(message);
        HandOver over = handOver;
        if (over != null) {
            over.said |= listener.isMark(notification, over.mark);
            return !over.said && over.channels.contains(notification.channel());
        }
        return !listener.hears(this, notification.channel());
    }

    /** Tells what has waited for the end of a transaction, or for the client to read. */
    void pass() {
        if (!kept.isEmpty() && owner.isIdle() && owner.channel().isWritable()) {
            owner.channel().writeAndFlush(kept.take(), owner.channel().voidPromise());
        }
    }

    /** At the end of a transaction that has UNLISTENed. */
    void unlisten(Link link) {
        if (!listens) {
            return;
        }
        Set<String> unlistened = link.inquiry().takeUnlistened();
        if (unlistened.isEmpty()) {
            return;
        }
        for (String channel : unlistened) {
            if (channel.equals("*")) {
                listener.forget(this);
            } else {
                listener.unlisten(this, channel);
            }
        }
        listens = listener.hasChannels(this);
        // PostgreSQL does not say what came before the UNLISTEN of the same transaction either.
        kept.retainOnly(
                notification -> listener.hears(this, notification.channel()),
                owner.channel().alloc());
    }

    /** How many channels the pool's listener hears for it. */
    int size() {
        return listens ? listener.count(this) : 0;
    }

    /** Why it hears nothing any more, when it has not been told yet. */
    Optional<Refusal> lost() {
        return lost;
    }

    /** The session has ended. */
    void end() {
        handOver = null;
        if (listens) {
            listens = false;
            listener.forget(this);
        }
        kept.release();
    }

    // ---- from the pool's listener

    /** It hears the channels as well. */
    void marks(String mark) {
        HandOver over = handOver;
        if (over != null) {
            over.mark = mark;
            over.link.internalQuery(
                    listener.markedBy(mark),
                    error -> error.ifPresent(
                            failed -> owner.handOverFailed(new Refusal.ListenerLost(route, failed.message()))));
        }
    }

    /** It has come to the mark, and tells what is behind it. */
    void heardHere() {
        if (handOver != null) {
            handOver.heard = true;
            serverReady();
        }
    }

    /** Between transactions it passes at once, as PostgreSQL does it. */
    void notification(ByteBuf message) {
        if (owner.isOver()) {
            return;
        }
        Channel channel = owner.channel();
        if (owner.isIdle() && kept.isEmpty() && channel.isWritable()) {
            channel.writeAndFlush(message.copy(), channel.voidPromise());
        } else if (!kept.keep(message, channel.alloc())) {
            owner.close(new Refusal.ListenerLost(route, "the client does not read its notifications"));
        }
    }

    /** It hears nothing any more. A session in a transaction is told at its end. */
    void listenerLost(Refusal refusal) {
        listens = false;
        if (owner.isIdle() || handOver != null) {
            owner.close(refusal);
        } else {
            lost = Optional.of(refusal);
        }
    }
}

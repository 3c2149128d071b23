package dev.postern.gateway.frontend;

import dev.postern.gateway.pool.CheckoutFailure;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.pool.Ticket;
import dev.postern.gateway.pool.Waiter;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.NotificationResponse;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.relay.ClientStatements;
import dev.postern.gateway.relay.ClientStream;
import dev.postern.gateway.relay.InternalClient;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.LinkMode;
import io.netty.buffer.ByteBuf;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server connection that listens: lent by the pool, with nothing on it but LISTEN, UNLISTEN and the NOTIFY that marks a
 * place. On the pool's loop.
 */
final class Ear implements InternalClient, Waiter<LentServer> {
    /** Told what becomes of it. */
    interface Owner {
        /** It has nothing to do: at first, and after each {@link #run}. */
        void atRest(Ear ear);

        /** @param bytes the whole message; read before this returns */
        void heard(Ear ear, NotificationResponse notification, ByteBuf bytes);

        /** It is gone, and hears nothing. Called once. */
        void lost(Ear ear, Refusal why);
    }

    private final SessionPool pool;
    private final ServerPool<LentServer> servers;
    private final Owner owner;
    private final ClientStatements statements;
    private final Notifications notifications = new Notifications();
    /** What the server listens to. */
    private final Set<String> inForce = new HashSet<>();

    private @Nullable Ticket<LentServer> ticket;
    private @Nullable LentServer server;
    private @Nullable Link link;
    /** The server has a query of ours. */
    private boolean busy;

    private long since = System.nanoTime();
    private boolean over;

    Ear(SessionPool pool, Owner owner) {
        this.pool = pool;
        this.servers = pool.servers();
        this.owner = owner;
        this.statements = new ClientStatements(pool.statements());
    }

    // ---- for the owner

    /** Takes a server, at once or when there is one. */
    void open() {
        LentServer free = servers.tryCheckout();
        if (free != null) {
            served(free);
            return;
        }
        Ticket<LentServer> place = servers.enqueue(this);
        if (server == null && !over) {
            ticket = place;
        }
    }

    /** It has a server with nothing to do. */
    boolean isAtRest() {
        return server != null && !busy;
    }

    boolean hasServer() {
        return server != null;
    }

    /** The pool wants its server back: it was replaced, or the pool was. */
    boolean isOutdated() {
        LentServer mine = server;
        return mine != null && servers.closes(mine);
    }

    boolean hears(Set<String> channels) {
        return inForce.containsAll(channels);
    }

    /** Makes the server listen to these and no others; false when it does already. At rest only. */
    boolean listenTo(Set<String> wanted) {
        StringBuilder sql = new StringBuilder();
        wanted.stream()
                .filter(channel -> !inForce.contains(channel))
                .forEach(channel ->
                        sql.append("LISTEN ").append(Channels.quoted(channel)).append(';'));
        inForce.stream()
                .filter(channel -> !wanted.contains(channel))
                .forEach(channel ->
                        sql.append("UNLISTEN ").append(Channels.quoted(channel)).append(';'));
        if (sql.isEmpty()) {
            return false;
        }
        Set<String> then = Set.copyOf(wanted);
        run(sql.toString(), () -> {
            inForce.clear();
            inForce.addAll(then);
        });
        return true;
    }

    /** At rest only. */
    void run(String sql, Runnable done) {
        Link linked = link;
        if (linked == null) {
            throw new IllegalStateException("no server");
        }
        busy = true;
        since = System.nanoTime();
        linked.internalQuery(sql, error -> {
            busy = false;
            since = System.nanoTime();
            if (error.isPresent()) {
                lose(new Refusal.ListenerLost(pool.route(), error.get().message()));
            } else {
                done.run();
            }
        });
    }

    /** A server that is gone without a word must be noticed: so it is asked at times, and has to answer. */
    void tick(long now) {
        long quiet = now - since;
        if (busy && quiet >= servers.settings().serverConnectTimeout().toNanos()) {
            lose(new Refusal.ListenerLost(pool.route(), "its server does not answer"));
        } else if (isAtRest() && quiet >= servers.settings().serverCheckDelay().toNanos()) {
            run("", () -> {});
        }
    }

    /** Nobody listens any more. */
    void close() {
        over = true;
        Ticket<LentServer> place = ticket;
        ticket = null;
        if (place != null) {
            place.giveUp();
        }
        LentServer mine = server;
        boolean clean = !busy;
        detach();
        if (mine != null) {
            if (clean) {
                mine.giveBack();
            } else {
                mine.discard(CloseReason.UNCLEAN);
            }
        }
    }

    private void detach() {
        server = null;
        link = null;
        busy = false;
        inForce.clear();
        notifications.release();
    }

    private void lose(Refusal why) {
        if (over) {
            return;
        }
        over = true;
        LentServer mine = server;
        detach();
        if (mine != null) {
            mine.discard(CloseReason.CHECK_FAILED);
        }
        owner.lost(this, why);
    }

    // ---- from the pool

    @Override
    public void served(LentServer lent) {
        ticket = null;
        server = lent;
        since = System.nanoTime();
        lent.unclean(false);
        Link joined = new Link(this, new ClientStream(), lent, lent.parts(), LinkMode.PLAIN);
        link = joined;
        lent.link(joined);
        lent.setReading(true);
        busy = true;
        if (joined.applySettings(this::prepared)) {
            busy = false;
            owner.atRest(this);
        }
    }

    private void prepared(Optional<ErrorResponse> error) {
        busy = false;
        error.ifPresent(failed -> lose(new Refusal.ListenerLost(pool.route(), failed.message())));
    }

    @Override
    public void refused(CheckoutFailure failure) {
        ticket = null;
        if (!over) {
            over = true;
            owner.lost(this, Refusals.of(failure, pool.route()));
        }
    }

    // ---- from the link

    @Override
    public void write(ByteBuf messages) {
        notifications.read(messages, (notification, bytes) -> owner.heard(this, notification, bytes));
    }

    @Override
    public ClientStatements statements() {
        return statements;
    }

    @Override
    public void ready(Link ready) {
        if (ready == link && !busy) {
            owner.atRest(this);
        }
    }

    @Override
    public void serverLost(boolean told) {
        lose(new Refusal.ListenerLost(pool.route(), "its server connection was lost"));
    }

    @Override
    public void credentialEnded() {
        lose(new Refusal.CredentialEnded(pool.route()));
    }
}

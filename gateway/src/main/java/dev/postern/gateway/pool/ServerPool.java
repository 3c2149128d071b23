package dev.postern.gateway.pool;

import dev.postern.gateway.pool.Seat.State;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The server connections of one route and server role. Lends them last in, first out, to waiters first in, first out;
 * opens new ones while there are waiters and room; keeps those that idle young.
 *
 * <p>A connection remembers the <em>generation</em> of the credential that opened it and the pool's <em>epoch</em>
 * (which RECONNECT moves on). One of an older epoch is never put back: it is closed at check-in. Those of an older
 * generation are replaced one by one, each closed when its successor is open; for a short time after the rotation they
 * are still lent, then closed at check-in.
 *
 * <p>Every method runs on the pool's event loop.
 */
public final class ServerPool<S extends PooledServer> implements ConnectionLimit.Member {
    private final PoolSettings settings;
    private final ServerOpener<S> opener;
    private final LoopTimer timer;
    private final LongPredicate doubtful;
    private final PoolStats stats;
    private final SharedLimits limits;
    private final OpenBackOff backOff;
    private final ReplacementPace pace;
    private final Waiters<S> waiters = new Waiters<>();
    /** The last one is the most recently used. */
    private final ArrayDeque<S> idle = new ArrayDeque<>();

    private final Set<S> servers = new LinkedHashSet<>();
    private int active;
    private int opening;
    /** Those of them that are for one client alone. */
    private int openingDedicated;

    private int tested;
    private long epoch;
    private long generation;
    /** This generation and those before are not lent any more. */
    private long spentGeneration = -1;
    /** Until then servers of the generation before are lent on while they are replaced one by one. */
    private long olderServeUntil;
    /** Replacements that were opened while all that they replace were lent: the next that come back are closed. */
    private int replaced;

    private boolean paused;
    private boolean closed;
    private boolean serving;
    private boolean serveAgain;
    private volatile boolean wantsRoom;
    private @Nullable ServerFailure lastFailure;

    /** A pool whose credentials do not end. */
    public ServerPool(PoolSettings settings, ServerOpener<S> opener, LoopTimer timer) {
        this(settings, opener, timer, generation -> false, new PoolStats(), SharedLimits.NONE);
    }

    /**
     * @param doubtful whether the role of this generation may have vanished: then each connection of it is checked before
     *     each time it is lent
     * @param stats goes on counting where a predecessor, which closes, has come to
     * @param limits that this pool shares with others
     */
    public ServerPool(
            PoolSettings settings,
            ServerOpener<S> opener,
            LoopTimer timer,
            LongPredicate doubtful,
            PoolStats stats,
            SharedLimits limits) {
        this.doubtful = doubtful;
        this.stats = stats;
        this.settings = settings;
        this.opener = opener;
        this.timer = timer;
        this.olderServeUntil = timer.nanoTime();
        this.pace = new ReplacementPace(olderServeUntil);
        this.backOff = new OpenBackOff(settings.serverLoginRetry());
        this.limits = limits;
        limits.join(this);
    }

    public PoolSettings settings() {
        return settings;
    }

    public PoolStats stats() {
        return stats;
    }

    public PoolView view() {
        Ticket<S> head = waiters.peek();
        Duration longest = head == null ? Duration.ZERO : Duration.ofNanos(timer.nanoTime() - head.since());
        return new PoolView(waiters.size(), active, idle.size(), tested, opening, longest);
    }

    /** Every connection that is open and logged in, oldest first: for timeouts and the console. */
    public List<S> servers() {
        return new ArrayList<>(servers);
    }

    /** The last attempt to open a server failed, and none has succeeded since. */
    public @Nullable ServerFailure failure() {
        return lastFailure;
    }

    // ---- lending

    /** A server at once, or null: then {@link #enqueue} is next. Never jumps the line. */
    public @Nullable S tryCheckout() {
        if (paused || closed || waiters.size() > 0) {
            return null;
        }
        S server = nextIdle();
        if (server == null || mustCheck(server) || worn(server)) {
            return null;
        }
        takeIdle();
        lend(server);
        return server;
    }

    /** Waits for {@code queryWaitTimeout}. */
    public Ticket<S> enqueue(Waiter<S> waiter) {
        return enqueue(waiter, settings.queryWaitTimeout());
    }

    /** Waits in line for at most this long (zero: for ever). The answer may come before this method returns. */
    public Ticket<S> enqueue(Waiter<S> waiter, Duration mostWait) {
        long now = timer.nanoTime();
        long deadline = mostWait.isZero() ? now + Long.MAX_VALUE / 2 : now + mostWait.toNanos();
        Ticket<S> ticket = waiters.add(waiter, now, deadline);
        if (closed) {
            refuse(ticket, new CheckoutFailure.PoolClosed());
        } else if (hopeless(now)) {
            refuse(ticket, new CheckoutFailure.NoServer(java.util.Objects.requireNonNull(lastFailure)));
        } else {
            serveWaiters();
        }
        return ticket;
    }

    /** The last login was refused for good, it is too early to try again, and no server is left that could come back. */
    private boolean hopeless(long now) {
        return lastFailure != null
                && !lastFailure.passes()
                && servers.isEmpty()
                && opening == 0
                && !backOff.mayOpen(now);
    }

    /** The client is done and the server connection is clean: idle, nothing in flight, nothing left of the client. */
    public void checkin(S server) {
        if (server.seat().state != State.ACTIVE) {
            throw new IllegalStateException(
                    "checked in twice, or never lent: " + server.seat().state());
        }
        long now = timer.nanoTime();
        if (closed || expired(server, now) || outdated(server) && !servesOn(server, now)) {
            retire(server);
            if (now - olderServeUntil < 0) {
                replaceOutdated(now);
            }
            return;
        }
        active--;
        makeIdle(server);
        serveWaiters();
    }

    /** One of the generation before, for the short time in which its successors are opened one after the other. */
    private boolean servesOn(S server, long now) {
        return replaced == 0 && server.seat().epoch == epoch && !isSpent(server) && now - olderServeUntil < 0;
    }

    private @Nullable S nextIdle() {
        return settings.serverRoundRobin() ? idle.peekFirst() : idle.peekLast();
    }

    private @Nullable S takeIdle() {
        return settings.serverRoundRobin() ? idle.pollFirst() : idle.pollLast();
    }

    private void putBack(S server) {
        if (settings.serverRoundRobin()) {
            idle.addFirst(server);
        } else {
            idle.addLast(server);
        }
    }

    private void makeIdle(S server) {
        server.seat().state = State.IDLE;
        server.seat().idleSince = timer.nanoTime();
        if (outdated(server)) {
            idle.addFirst(server); // the new ones are lent first
        } else {
            idle.addLast(server);
        }
    }

    private void lend(S server) {
        server.seat().state = State.ACTIVE;
        active++;
        stats.serverAssignments++;
    }

    /**
     * Waiters that are served or refused, and connections that are closed, call back into the pool: such a call is noted
     * and done in a further round, so that the stack does not grow with the pool.
     */
    private void serveWaiters() {
        if (serving) {
            serveAgain = true;
            return;
        }
        serving = true;
        try {
            do {
                serveAgain = false;
                serveRound();
            } while (serveAgain);
        } finally {
            serving = false;
        }
    }

    private void serveRound() {
        while (waiters.size() > 0 && !paused && !closed) {
            if (waiters.peek() instanceof Ticket<S> head && head.waiter() instanceof DedicatedWaiter<S> dedicated) {
                if (!openDedicated(dedicated)) {
                    return;
                }
                continue;
            }
            S server = takeIdle();
            if (server == null) {
                grow();
                return;
            }
            if (worn(server)) {
                retire(server);
            } else if (!mustCheck(server)) {
                serve(server);
            } else if (tested < waiters.size()) {
                check(server);
            } else {
                putBack(server); // enough are being checked for those who wait
                return;
            }
        }
    }

    /** One that is idle and known to be good at this moment: it need not be checked. */
    private void serveFirst(S server) {
        if (waiters.size() > 0 && !paused) {
            idle.remove(server);
            serve(server);
        }
        serveWaiters();
    }

    private void serve(S server) {
        Ticket<S> ticket = waiters.poll();
        if (ticket == null) {
            putBack(server);
            return;
        }
        stats.waitTime += timer.nanoTime() - ticket.since();
        lend(server);
        ticket.waiter().served(server);
    }

    private void refuse(Ticket<S> ticket, CheckoutFailure failure) {
        if (ticket.waiting()) {
            ticket.leave();
            ticket.waiter().refused(failure);
        }
    }

    // ---- checking before reuse

    private boolean mustCheck(S server) {
        Seat seat = server.seat();
        seat.doubtful = doubtful.test(seat.generation);
        return seat.doubtful
                || timer.nanoTime() - seat.idleSince
                        >= settings.serverCheckDelay().toNanos();
    }

    private void check(S server) {
        server.seat().state = State.TESTED;
        tested++;
        server.check(settings.serverCheckQuery(), healthy -> {
            if (server.seat().state != State.TESTED) {
                return; // closed while it was tested: remove() has done the counting
            }
            tested--;
            makeIdle(server);
            if (!healthy) {
                close(server, CloseReason.CHECK_FAILED);
            } else if (closed || worn(server)) {
                retire(server); // what was asked for while it was tested
            } else {
                serveFirst(server);
            }
        });
    }

    // ---- opening

    private int limit(long now) {
        Ticket<S> head = waiters.peek();
        boolean useReserve = head != null
                && now - head.since() >= settings.reservePoolTimeout().toNanos();
        return settings.defaultPoolSize() + (useReserve ? settings.reservePoolSize() : 0);
    }

    /** Opens as many as there are waiters nobody is on the way for, within the limit. */
    private void grow() {
        long now = timer.nanoTime();
        while (!closed
                && waiters.size() > opening - openingDedicated + tested
                && servers.size() + opening < limit(now)
                && backOff.mayOpen(now)
                && (lastFailure == null || opening == 0)) {
            if (!open(true)) {
                return;
            }
        }
    }

    /**
     * False when a limit that other pools share is reached. For a waiter an idle server of another pool is then closed,
     * and the pool hears of the room that it leaves; what is opened in advance evicts nobody.
     */
    private boolean open(boolean forWaiter) {
        if (!limits.tryTake(settings)) {
            if (!forWaiter) {
                return false;
            }
            wantsRoom = true;
            if (!limits.tryTake(settings)) { // again: room made just before that was nobody's to be told of
                limits.makeRoom(settings, this);
                return false;
            }
        }
        wantsRoom = false;
        opening++;
        opener.open(new Opening());
        return true;
    }

    /** For the first in line; false where it goes on waiting. An idle server makes room. */
    private boolean openDedicated(DedicatedWaiter<S> waiter) {
        S oldest = idle.peekFirst();
        if (servers.size() + opening >= limit(timer.nanoTime())) {
            if (oldest != null) {
                close(oldest, CloseReason.EVICTED);
            }
            return oldest != null;
        }
        if (!limits.tryTake(settings)) {
            if (oldest != null) {
                close(oldest, CloseReason.EVICTED);
                return true;
            }
            wantsRoom = true;
            if (!limits.tryTake(settings)) {
                limits.makeRoom(settings, this);
                return false;
            }
        }
        wantsRoom = false;
        opening++;
        openingDedicated++;
        stats.waitTime += timer.nanoTime()
                - Objects.requireNonNull(waiters.poll(), "the first in line").since();
        opener.openDedicated(waiter.startup(), new DedicatedOpening(waiter));
        return true;
    }

    // ---- ConnectionLimit.Member: called by any thread

    @Override
    public boolean wantsRoom() {
        return wantsRoom;
    }

    @Override
    public void roomMade() {
        timer.after(Duration.ZERO, this::serveWaiters);
    }

    @Override
    public void findIdle(LongConsumer since) {
        timer.after(Duration.ZERO, () -> {
            S oldest = idle.peekFirst();
            since.accept(oldest == null || paused ? ConnectionLimit.NONE_IDLE : oldest.seat().idleSince);
        });
    }

    @Override
    public void evictIdle() {
        timer.after(Duration.ZERO, () -> {
            S oldest = idle.peekFirst();
            if (oldest != null) {
                close(oldest, CloseReason.EVICTED);
            }
        });
    }

    /** One attempt to open a server. */
    private final class Opening implements ServerOpener.Result<S> {
        private final long openedInEpoch = epoch;

        @Override
        public Seat seat(long generation) {
            long lifetime = settings.serverLifetime().toNanos();
            long earlier = lifetime == 0 ? 0 : ThreadLocalRandom.current().nextLong(lifetime / 10 + 1);
            return new Seat(openedInEpoch, generation, timer.nanoTime(), lifetime - earlier);
        }

        @Override
        public void opened(S server) {
            opening--;
            stats.serversOpened++;
            lastFailure = null;
            servers.add(server);
            makeIdle(server);
            if (closed || outdated(server)) {
                // Whoever hands out old credentials may go on doing so: the next login must not follow at once.
                timer.after(backOff.wasted(timer.nanoTime()), ServerPool.this::serveWaiters);
                retire(server);
                return;
            }
            backOff.clear();
            serveFirst(server);
            closeOneReplaced();
            replaceOutdated(timer.nanoTime());
        }

        @Override
        public void failed(ServerFailure failure) {
            opening--;
            limits.give();
            stats.serverFailures++;
            stats.failuresByKind[failure.kind().ordinal()]++;
            lastFailure = failure;
            Duration pause = backOff.failed(failure, timer.nanoTime());
            if (!failure.passes() && servers.isEmpty()) { // else those that are lent come back
                refuseAll(new CheckoutFailure.NoServer(failure));
            }
            timer.after(pause, ServerPool.this::serveWaiters);
            leaveWhenEmpty();
        }
    }

    /** A connection for one client alone: what becomes of it says nothing about the others. */
    private final class DedicatedOpening implements ServerOpener.Result<S> {
        private final DedicatedWaiter<S> waiter;
        private final long openedInEpoch = epoch;

        DedicatedOpening(DedicatedWaiter<S> waiter) {
            this.waiter = waiter;
        }

        @Override
        public Seat seat(long generation) {
            return new Seat(openedInEpoch, generation, timer.nanoTime(), Long.MAX_VALUE);
        }

        @Override
        public void opened(S server) {
            opening--;
            openingDedicated--;
            stats.serversOpened++;
            servers.add(server);
            lend(server);
            waiter.served(server);
            serveWaiters();
        }

        @Override
        public void failed(ServerFailure failure) {
            opening--;
            openingDedicated--;
            limits.give();
            stats.serverFailures++;
            stats.failuresByKind[failure.kind().ordinal()]++;
            waiter.notOpened(failure);
            serveWaiters();
            leaveWhenEmpty();
        }
    }

    private void refuseAll(CheckoutFailure failure) {
        // Those who queue up again from within the refusal belong to the next round.
        for (int left = waiters.size(); left > 0; left--) {
            Ticket<S> ticket = waiters.poll();
            if (ticket == null) {
                return;
            }
            ticket.waiter().refused(failure);
        }
    }

    // ---- ending connections

    private boolean outdated(S server) {
        return server.seat().epoch < epoch || server.seat().generation < generation || isSpent(server);
    }

    private boolean isSpent(S server) {
        return server.seat().generation <= spentGeneration;
    }

    private boolean expired(S server, long now) {
        return now - server.seat().openedAt >= server.seat().lifetimeNanos;
    }

    /** Idle, and not to be lent again: a reconnect was asked for, or its time is over. Older generations still serve. */
    private boolean worn(S server) {
        return server.seat().epoch < epoch || isSpent(server) || expired(server, timer.nanoTime());
    }

    private void retire(S server) {
        CloseReason reason = closed
                ? CloseReason.SHUTDOWN
                : server.seat().epoch < epoch
                        ? CloseReason.RECONNECT
                        : server.seat().generation < generation || isSpent(server)
                                ? CloseReason.CREDENTIAL_ROTATED
                                : CloseReason.LIFETIME;
        close(server, reason);
    }

    private void close(S server, CloseReason reason) {
        server.close(reason);
    }

    /** The connection is gone, whoever closed it. Called once for each connection that was opened. */
    public void remove(S server, CloseReason reason) {
        Seat seat = server.seat();
        servers.remove(server);
        switch (seat.state) {
            case ACTIVE -> active--;
            case IDLE -> idle.remove(server);
            case TESTED -> tested--;
            case GONE -> throw new IllegalStateException("removed twice");
        }
        seat.state = State.GONE;
        if (replaced > 0 && outdated(server)) {
            replaced--;
        }
        stats.serversClosed[reason.ordinal()]++;
        limits.give();
        if (!closed) {
            serveWaiters();
        }
        leaveWhenEmpty();
    }

    private void leaveWhenEmpty() {
        if (closed && empty()) {
            limits.leave(this);
        }
    }

    // ---- the janitor's work

    /** Called on the loop a few times a second: timeouts of waiters, ageing, refilling. */
    public void tick() {
        long now = timer.nanoTime();
        waiters.expire(now, ticket -> ticket.waiter().refused(timeout(ticket, now)));
        long notify = settings.queryWaitNotify().toNanos();
        if (notify > 0 && waiters.size() > 0) {
            waiters.notifyLong(now, notify);
        }
        closeOldIdle(now);
        if (!closed && !paused) {
            replaceOutdated(now);
            refill(now);
            serveWaiters();
        }
    }

    private CheckoutFailure timeout(Ticket<S> ticket, long now) {
        ServerFailure failure = lastFailure;
        return failure != null && servers.isEmpty()
                ? new CheckoutFailure.NoServer(failure)
                : new CheckoutFailure.WaitTimeout(Duration.ofNanos(now - ticket.since()));
    }

    private void closeOldIdle(long now) {
        long idleTimeout = settings.serverIdleTimeout().toNanos();
        for (S server : new ArrayList<>(idle)) {
            if (server.seat().state != State.IDLE) {
                continue; // each one closed makes the pool serve its waiters
            }
            if (worn(server)) {
                retire(server);
            } else if (idleTimeout > 0
                    && now - server.seat().idleSince >= idleTimeout
                    && servers.size() > settings.minPoolSize()) {
                close(server, CloseReason.IDLE_TIMEOUT);
            }
        }
    }

    /** One at a time, so that a rotation is no burst of logins and the pool stays within its size plus one. */
    private void replaceOutdated(long now) {
        if (opening == 0
                && replaced == 0
                && !closed
                && !paused
                && pace.mayReplace(now)
                && backOff.mayOpen(now)
                && someoneToReplace(now)) {
            Duration pause = pace.replacing(now);
            if (pause.isPositive()) {
                timer.after(pause, () -> replaceOutdated(timer.nanoTime()));
            }
            if (!open(false)) {
                // No room for its successor before it has gone.
                idle.stream().filter(this::outdated).findFirst().ifPresent(this::retire);
            }
        }
    }

    /** In transaction mode a busy pool has no idle servers: then those that are lent are replaced as they come back. */
    private boolean someoneToReplace(long now) {
        boolean lentToo = settings.mode() == PoolMode.TRANSACTION && now - olderServeUntil < 0;
        return lentToo
                ? servers.stream().anyMatch(this::outdated)
                : idle.stream().anyMatch(this::outdated);
    }

    private void closeOneReplaced() {
        for (S server : idle) {
            if (outdated(server)) {
                retire(server);
                return;
            }
        }
        if (servers.stream().filter(this::outdated).count() > replaced) {
            replaced++;
        }
    }

    private void refill(long now) {
        if (opening == 0 && servers.size() < settings.minPoolSize() && backOff.mayOpen(now)) {
            open(false);
        }
    }

    // ---- administration

    /** The same, for credentials whose older generations are not lent again once they come back. */
    public void useGeneration(long newest) {
        useGeneration(newest, Duration.ZERO);
    }

    /**
     * From now on connections are opened with this generation of the credential; older ones end as described above.
     *
     * @param olderServe how long servers of older generations may still be lent while successors are opened one by one,
     *     evenly over this time; after it they are closed when they come back
     */
    public void useGeneration(long newest, Duration olderServe) {
        if (newest > generation) {
            List<S> hear = settings.mode() == PoolMode.SESSION
                    ? servers.stream().filter(server -> !outdated(server)).toList()
                    : List.of();
            generation = newest;
            long now = timer.nanoTime();
            olderServeUntil = now + olderServe.toNanos();
            lastFailure = null;
            backOff.clear();
            hear.forEach(PooledServer::announceRotation); // once for each, however many rotations follow
            // What an earlier rotation opened beside lent servers has made idle ones of this pool too many.
            retireIdle(server -> replaced > 0 && outdated(server));
            pace.begin(servers.size(), olderServe, now);
            serveWaiters();
            replaceOutdated(now);
        }
    }

    /**
     * Nobody gets a connection of this generation any more, since its role is gone or has too little time left: idle ones
     * close now, lent ones when they come back.
     */
    public void endLending(long spent) {
        if (spent > spentGeneration) {
            spentGeneration = spent;
            retireIdle(this::isSpent);
            serveWaiters();
        }
    }

    /** The generation is dead: its connections end now, whatever they do; their clients are told why. */
    public void endGeneration(long ended) {
        for (S server : new ArrayList<>(servers)) {
            if (server.seat().generation == ended) {
                server.expire();
            }
        }
    }

    /** Every connection that is open now is replaced: idle ones at once, lent ones when they come back. */
    public void reconnect() {
        epoch++;
        backOff.clear();
        lentEndSoon();
        retireIdle(server -> true);
        serveWaiters();
    }

    /** Lends nothing until {@link #resume()}; idle connections are closed, lent ones when they come back. */
    public void pause() {
        paused = true;
        reconnect();
    }

    public void resume() {
        paused = false;
        serveWaiters();
    }

    public boolean paused() {
        return paused;
    }

    /** Connections that will not be lent again: what RECONNECT, a pause, a rotation or the pool's end left over. */
    public boolean closes(S server) {
        return closed || outdated(server);
    }

    /** Ends the pool: waiters are refused, idle connections closed, lent ones when they come back. */
    public void close() {
        closed = true;
        lentEndSoon();
        refuseAll(new CheckoutFailure.PoolClosed());
        retireIdle(server -> true);
        leaveWhenEmpty();
    }

    private void lentEndSoon() {
        for (S server : servers) {
            if (server.seat().state == State.ACTIVE) {
                server.closeSoon();
            }
        }
    }

    private void retireIdle(Predicate<S> which) {
        for (S server : new ArrayList<>(idle)) {
            if (server.seat().state == State.IDLE
                    && which.test(server)) { // each one closed makes the pool serve its waiters
                retire(server);
            }
        }
    }

    public boolean closed() {
        return closed;
    }

    /** Nothing is left of a closed pool. */
    public boolean empty() {
        return servers.isEmpty() && opening == 0;
    }
}

package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.NotificationResponse;
import dev.postern.gateway.protocol.Refusal;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Listens for all clients of a pool in transaction mode, on one of the pool's servers: taken when the first client LISTENs,
 * given back when nobody does any more. On the pool's loop.
 *
 * <p>All servers of a database read the same queue of notifications. So where one takes over from another, be it from the
 * server that ran a client's LISTEN or from one that the pool wants back, a NOTIFY on a channel that both listen to marks a
 * place in it: what comes before it is passed on by the one, what comes behind it by the other. Nothing is lost and nothing
 * comes twice.
 */
final class ChannelListener implements Ear.Owner {
    /** The listener keeps a server for itself: somebody must be able to NOTIFY. */
    static final int FEWEST_SERVERS = 2;

    /** Channels of one client. */
    private static final int MOST_CHANNELS = 1000;

    /** Notifications that wait for the old server to come to the place where the new one takes over. */
    private static final int MOST_WAITING = 10_000;

    private final SessionPool pool;
    /** The channel of the marks: nobody else's, since nobody can guess it. */
    private final String marks = "postern " + UUID.randomUUID();

    private final Map<String, Set<SessionChannels>> listeners = new HashMap<>();
    private final Map<SessionChannels, Set<String>> channels = new HashMap<>();
    private final Map<SessionChannels, HandOver> handOvers = new LinkedHashMap<>();
    private final ArrayDeque<Waiting> behindTheMark = new ArrayDeque<>();
    private @Nullable Ear ear;
    /** Takes the place of the other. */
    private @Nullable Ear successor;

    private String moveMark = "";
    private boolean heardByEar;
    private boolean heardBySuccessor;
    private long marked;

    /** A session whose own server still hears these channels. */
    private static final class HandOver {
        final Set<String> channels;
        final String mark;
        boolean begun;

        HandOver(Set<String> channels, String mark) {
            this.channels = channels;
            this.mark = mark;
        }
    }

    private record Waiting(NotificationResponse notification, ByteBuf bytes) {}

    ChannelListener(SessionPool pool) {
        this.pool = pool;
    }

    // ---- for sessions

    /** Whether a session that reads this encoding can be heard for here. */
    boolean takes(@Nullable String encoding, Map<String, String> parametersOfServer) {
        return pool.servers().settings().defaultPoolSize() >= FEWEST_SERVERS
                && (encoding == null || Channels.sameEncoding(encoding, encoding(parametersOfServer)));
    }

    /** The same for these channels beside those that it listens to. */
    boolean takes(
            SessionChannels session,
            @Nullable String encoding,
            Map<String, String> parametersOfServer,
            Set<String> added) {
        return takes(encoding, parametersOfServer)
                && channels.getOrDefault(session, Set.of()).size() + added.size() <= MOST_CHANNELS
                && added.stream().allMatch(channel -> Channels.isCertain(channel, encoding(parametersOfServer)));
    }

    private static String encoding(Map<String, String> parametersOfServer) {
        return parametersOfServer.getOrDefault("client_encoding", "");
    }

    /**
     * The session's own server listens to these. {@link SessionChannels#marks} follows when they are heard here as well, and
     * {@link SessionChannels#heardHere} when the mark has been heard: what comes behind it is passed on from here.
     *
     * @return those of which the session's own server tells it until then; the others it has heard from here before
     */
    Set<String> listen(SessionChannels session, Set<String> added) {
        Set<String> mine = channels.computeIfAbsent(session, unused -> new HashSet<>());
        Set<String> fresh = new HashSet<>(added);
        fresh.removeAll(mine);
        mine.addAll(fresh);
        fresh.forEach(channel -> listeners
                .computeIfAbsent(channel, unused -> new LinkedHashSet<>())
                .add(session));
        handOvers.put(session, new HandOver(fresh, nextMark()));
        work();
        return fresh;
    }

    private String nextMark() {
        return Long.toString(++marked);
    }

    void unlisten(SessionChannels session, String channel) {
        Set<String> mine = channels.get(session);
        if (mine != null && mine.remove(channel)) {
            remove(session, channel);
            if (mine.isEmpty()) {
                channels.remove(session);
            }
            work();
        }
    }

    private void remove(SessionChannels session, String channel) {
        Set<SessionChannels> those = listeners.get(channel);
        if (those != null && those.remove(session) && those.isEmpty()) {
            listeners.remove(channel);
        }
    }

    /** The session listens to nothing any more. */
    void forget(SessionChannels session) {
        handOvers.remove(session);
        Set<String> mine = channels.remove(session);
        if (mine != null) {
            mine.forEach(channel -> remove(session, channel));
            work();
        }
    }

    /** To how many channels the session listens. */
    int count(SessionChannels session) {
        return channels.getOrDefault(session, Set.of()).size();
    }

    /** Whether the session listens to anything. */
    boolean hasChannels(SessionChannels session) {
        return channels.containsKey(session);
    }

    /** Whether the session listens to this channel. */
    boolean hears(SessionChannels session, String channel) {
        return channels.getOrDefault(session, Set.of()).contains(channel);
    }

    private boolean tells(SessionChannels session, String channel) {
        HandOver handOver = handOvers.get(session);
        return handOver == null || !handOver.channels.contains(channel);
    }

    /** SQL that marks the place, on a server that listens to the session's channels. */
    String markedBy(String mark) {
        return "LISTEN " + Channels.quoted(marks) + ";" + notifyOf(mark);
    }

    private String notifyOf(String mark) {
        return "NOTIFY " + Channels.quoted(marks) + ", '" + mark + "'";
    }

    boolean isMark(NotificationResponse notification, String mark) {
        return notification.channel().equals(marks) && notification.payload().equals(mark);
    }

    boolean isMark(NotificationResponse notification) {
        return notification.channel().equals(marks);
    }

    /** Clients that listen. */
    int size() {
        return channels.size();
    }

    // ---- what is to be done

    /** Called a few times a second. */
    void tick() {
        Ear current = ear;
        if (current == null) {
            return;
        }
        long now = System.nanoTime();
        current.tick(now);
        if (successor != null) {
            successor.tick(now);
        } else if (ear == current && current.isOutdated()) {
            successor = new Ear(pool, this);
            successor.open();
        }
    }

    @Override
    public void atRest(Ear rested) {
        work();
    }

    private void work() {
        Ear current = ear;
        if (channels.isEmpty()) {
            closeAll();
        } else if (current == null) {
            ear = new Ear(pool, this);
            ear.open();
        } else if (successor != null && successor.hasServer()) {
            move(current, successor);
        } else if (current.isAtRest() && !current.listenTo(wanted())) {
            beginHandOvers(current);
        }
    }

    private Set<String> wanted() {
        Set<String> wanted = new HashSet<>(listeners.keySet());
        wanted.add(marks);
        return wanted;
    }

    private void beginHandOvers(Ear current) {
        for (SessionChannels session : List.copyOf(handOvers.keySet())) {
            HandOver handOver = handOvers.get(session);
            if (handOver != null && !handOver.begun && current.hears(handOver.channels)) {
                handOver.begun = true;
                session.marks(handOver.mark);
            }
        }
    }

    /** The old one hears what it heard until now; what changes meanwhile is for the new one. */
    private void move(Ear current, Ear next) {
        if (!next.isAtRest() || !moveMark.isEmpty() || next.listenTo(wanted())) {
            return;
        }
        if (!current.hears(Set.of(marks))) {
            moved(current, next); // it has not begun yet
            return;
        }
        moveMark = nextMark();
        next.run(notifyOf(moveMark), () -> {});
    }

    private void moved(Ear current, Ear next) {
        ear = next;
        endMove();
        current.close();
        for (Waiting first = behindTheMark.poll(); first != null; first = behindTheMark.poll()) {
            try {
                deliver(first.notification(), first.bytes());
            } finally {
                first.bytes().release();
            }
        }
        work();
    }

    private void endMove() {
        successor = null;
        moveMark = "";
        heardByEar = false;
        heardBySuccessor = false;
    }

    private void dropWaiting() {
        behindTheMark.forEach(waiting -> waiting.bytes().release());
        behindTheMark.clear();
    }

    private void closeAll() {
        Ear current = ear;
        Ear next = successor;
        ear = null;
        endMove();
        dropWaiting();
        if (next != null) {
            next.close();
        }
        if (current != null) {
            current.close();
        }
    }

    // ---- what is heard

    @Override
    public void heard(Ear by, NotificationResponse notification, ByteBuf bytes) {
        boolean movesHere = !moveMark.isEmpty() && isMark(notification, moveMark);
        if (by == ear) {
            if (movesHere) {
                heardByEar = true;
                finishMove();
            } else if (!heardByEar) {
                deliver(notification, bytes);
            }
        } else if (by == successor) {
            if (movesHere) {
                heardBySuccessor = true;
                finishMove();
            } else if (heardBySuccessor && behindTheMark.size() < MOST_WAITING) {
                behindTheMark.add(new Waiting(notification, bytes.copy()));
            } else if (heardBySuccessor) {
                end(new Refusal.ListenerLost(
                        pool.route(), "a server that was to be replaced does not say what it heard"));
            }
        }
    }

    /** Not from within the reading of either. */
    private void finishMove() {
        Ear current = ear;
        Ear next = successor;
        if (heardByEar && heardBySuccessor && current != null && next != null) {
            pool.loop().execute(() -> {
                if (current == ear && next == successor) {
                    moved(current, next);
                }
            });
        }
    }

    private void deliver(NotificationResponse notification, ByteBuf bytes) {
        if (isMark(notification)) {
            for (Map.Entry<SessionChannels, HandOver> entry : List.copyOf(handOvers.entrySet())) {
                if (entry.getValue().mark.equals(notification.payload())) {
                    handOvers.remove(entry.getKey());
                    entry.getKey().heardHere();
                }
            }
            return;
        }
        Set<SessionChannels> those = listeners.get(notification.channel());
        if (those != null) {
            for (SessionChannels session : List.copyOf(those)) {
                if (tells(session, notification.channel())) {
                    session.notification(bytes);
                }
            }
        }
    }

    // ---- the end

    @Override
    public void lost(Ear one, Refusal why) {
        if (one == ear) {
            ear = null;
            end(why);
        } else if (one == successor) {
            boolean tooLate = heardByEar; // the place has been passed at which it was to take over
            endMove();
            if (tooLate) {
                end(why);
            } else {
                dropWaiting(); // the next tick begins again
                work();
            }
        }
    }

    /** Nobody is heard any more: they cannot know what they miss. */
    private void end(Refusal refusal) {
        List<SessionChannels> all = new ArrayList<>(channels.keySet());
        listeners.clear();
        channels.clear();
        handOvers.clear();
        closeAll();
        all.forEach(session -> session.listenerLost(refusal));
    }
}

package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The prepared statements of one client by its own names, and its unnamed one. */
public final class ClientStatements {
    private static final int SMALL = 4096;

    private final StatementCache cache;
    private @Nullable Map<StatementName, PreparedStatement> named;
    private byte @Nullable [] unnamed;
    /** Bytes of names and texts, and of what holds them. */
    private long bytes;

    private int unnamedLook;

    public ClientStatements(StatementCache cache) {
        this.cache = cache;
    }

    @Nullable
    PreparedStatement find(ByteBuf in, int name, int length) {
        return named == null ? null : named.get(probe(in, name, length));
    }

    /** A name to look up with; good until the next one. */
    StatementName probe(ByteBuf in, int name, int length) {
        return cache.probe().read(in, name, length);
    }

    @Nullable
    PreparedStatement get(StatementName name) {
        return named == null ? null : named.get(name);
    }

    /** A name of the client's for it, or null: for the text of an error, since all names are looked through. */
    @Nullable
    StatementName nameOf(PreparedStatement statement) {
        return named == null
                ? null
                : named.entrySet().stream()
                        .filter(entry -> entry.getValue() == statement)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse(null);
    }

    /** Whether a statement more is within the limits. */
    boolean isRoomFor(int nameLength, byte[] body) {
        long own = nameLength + (long) StatementMemory.OVERHEAD;
        StatementMemory memory = cache.memory();
        return memory.admitsClient(bytes + own + body.length)
                && (memory.isRoomFor(own + StatementMemory.OVERHEAD + body.length)
                        || memory.isRoomFor(own) && !cache.isNew(body));
    }

    private boolean isRoomForUnnamed(byte[] body) {
        return cache.memory().admitsClient(bytes + body.length)
                && cache.memory().isRoomFor(body.length);
    }

    PreparedStatement put(StatementName name, byte[] body) {
        PreparedStatement statement = cache.use(body);
        put(name, statement);
        return statement;
    }

    private void count(StatementName name, PreparedStatement statement, int times) {
        long own = name.length() + (long) StatementMemory.OVERHEAD;
        bytes += times * (own + statement.body().length);
        cache.memory().add(times * own);
    }

    /** What its statements take, texts that others share counted in full. */
    public long bytes() {
        return bytes;
    }

    private void put(StatementName name, PreparedStatement statement) {
        if (named == null) {
            named = new HashMap<>();
        }
        PreparedStatement replaced = named.put(name, statement);
        count(name, statement, 1);
        if (replaced != null) {
            count(name, replaced, -1);
            cache.leave(replaced);
        }
    }

    /** The name is free again. Its statement stays with the caller until {@link #forgotten} or {@link #restore}. */
    @Nullable
    PreparedStatement take(StatementName name) {
        PreparedStatement statement = named == null ? null : named.remove(name);
        if (statement != null) {
            count(name, statement, -1);
        }
        return statement;
    }

    /** DEALLOCATE of this name was done. */
    void deallocate(StatementName name) {
        PreparedStatement statement = take(name);
        if (statement != null) {
            cache.leave(statement);
        }
    }

    /** The statement that runs in place of a DEALLOCATE of the client's. */
    PreparedStatement freeing() {
        return cache.freeing();
    }

    /** Its plans are no longer what clients expect: the next Parse of the same text makes a new statement. */
    void outdated(PreparedStatement statement) {
        cache.retire(statement);
    }

    /** The same of all statements of the pool. */
    void allOutdated() {
        cache.retireAll();
    }

    void forgotten(PreparedStatement statement) {
        cache.leave(statement);
    }

    void restore(StatementName name, PreparedStatement statement) {
        put(name, statement);
    }

    /** Takes the name out if it still means this statement: its Parse failed or was skipped. */
    void undo(StatementName name, PreparedStatement statement) {
        if (named != null && named.get(name) == statement) {
            take(name);
            cache.leave(statement);
        }
    }

    /** The body of the unnamed statement's Parse, or null when there is none that could be put on another server. */
    byte @Nullable [] unnamed() {
        return unnamed;
    }

    /** One for which there is no room is not kept: it is there on this server alone. */
    void unnamed(byte @Nullable [] body, int look) {
        count(unnamed, -1);
        boolean keeps = body != null && (body.length <= SMALL || isRoomForUnnamed(body));
        unnamed = keeps ? body : null;
        unnamedLook = look;
        count(unnamed, 1);
    }

    /** It is this one again; none where the text is empty. */
    void restoreUnnamed(byte[] body) {
        unnamed(body.length == 0 ? null : body, TextLook.of(Unpooled.wrappedBuffer(body), 0, body.length));
    }

    /** Small ones are not counted: each client has one at most, and most statements are unnamed ones. */
    private void count(byte @Nullable [] body, int times) {
        if (body != null && body.length > SMALL) {
            bytes += times * (long) body.length;
            cache.memory().add(times * (long) body.length);
        }
    }

    /** What the text of the unnamed statement says about the session: bits of {@link TextLook}. */
    int unnamedLook() {
        return unnamedLook;
    }

    /** DEALLOCATE ALL or DISCARD ALL was done; neither drops the unnamed statement. Those sent after it stay. */
    void clearNamedBut(Map<StatementName, PreparedStatement> sentLater) {
        if (named != null) {
            named.entrySet().removeIf(entry -> {
                boolean gone = sentLater.get(entry.getKey()) != entry.getValue();
                if (gone) {
                    count(entry.getKey(), entry.getValue(), -1);
                    cache.leave(entry.getValue());
                }
                return gone;
            });
        }
    }

    /** Whether there are any that no server knows by the client's names. */
    public boolean any() {
        return unnamed != null || named != null && !named.isEmpty();
    }

    /** The client is gone. */
    public void clear() {
        unnamed(null, 0);
        if (named != null) {
            named.forEach((name, statement) -> {
                count(name, statement, -1);
                cache.leave(statement);
            });
            named = null;
        }
    }

    /** The statements of one moment, to come back to. Ends with {@link #become} or {@link Copy#drop}. */
    Copy copy() {
        Map<StatementName, PreparedStatement> all = named == null ? Map.of() : Map.copyOf(named);
        all.values().forEach(PreparedStatement::use);
        return new Copy(cache, all, unnamed, unnamedLook);
    }

    void become(Copy before) {
        clear();
        named = before.named.isEmpty() ? null : new HashMap<>(before.named);
        before.named.forEach((name, statement) -> count(name, statement, 1));
        unnamed(before.unnamed, before.unnamedLook);
    }

    /** What a client's names meant. */
    record Copy(
            StatementCache cache,
            Map<StatementName, PreparedStatement> named,
            byte @Nullable [] unnamed,
            int unnamedLook) {
        byte @Nullable [] body(StatementName name) {
            PreparedStatement statement = named.get(name);
            return statement == null ? null : statement.body();
        }

        void drop() {
            named.values().forEach(cache::leave);
        }
    }

    public int size() {
        return named == null ? 0 : named.size();
    }
}

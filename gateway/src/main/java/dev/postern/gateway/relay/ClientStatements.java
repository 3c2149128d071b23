package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The prepared statements of one client by its own names, and its unnamed one. */
public final class ClientStatements {
    private final StatementCache cache;
    private @Nullable Map<StatementName, PreparedStatement> named;
    private byte @Nullable [] unnamed;
    private int unnamedLook;
    private boolean callsSetConfig;

    public ClientStatements(StatementCache cache) {
        this.cache = cache;
    }

    @Nullable
    PreparedStatement find(ByteBuf in, int name, int length) {
        return named == null ? null : named.get(cache.probe().read(in, name, length));
    }

    @Nullable
    PreparedStatement get(StatementName name) {
        return named == null ? null : named.get(name);
    }

    PreparedStatement put(StatementName name, byte[] body) {
        PreparedStatement statement = cache.use(body);
        put(name, statement);
        return statement;
    }

    private void put(StatementName name, PreparedStatement statement) {
        if (named == null) {
            named = new HashMap<>();
        }
        PreparedStatement replaced = named.put(name, statement);
        if (replaced != null) {
            cache.leave(replaced);
        }
    }

    /** The name is free again. Its statement stays with the caller until {@link #forgotten} or {@link #restore}. */
    @Nullable
    PreparedStatement take(StatementName name) {
        return named == null ? null : named.remove(name);
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
            named.remove(name);
            cache.leave(statement);
        }
    }

    /** From now on each of the client's transactions may have changed its settings without a word of it. */
    void seenSetConfig() {
        callsSetConfig = true;
    }

    boolean callsSetConfig() {
        return callsSetConfig;
    }

    /** The body of the unnamed statement's Parse, or null when there is none that could be put on another server. */
    byte @Nullable [] unnamed() {
        return unnamed;
    }

    void unnamed(byte @Nullable [] body, int look) {
        unnamed = body;
        unnamedLook = look;
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
        unnamed = null;
        if (named != null) {
            named.values().forEach(cache::leave);
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

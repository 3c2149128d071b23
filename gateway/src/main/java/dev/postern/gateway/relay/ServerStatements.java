package dev.postern.gateway.relay;

import java.util.LinkedHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The statements that one server connection holds, the least recently used first. */
public final class ServerStatements {
    private final StatementCache cache;
    private final int limit;
    private final LinkedHashMap<PreparedStatement, Boolean> held = new LinkedHashMap<>(16, 0.75f, true);

    public ServerStatements(StatementCache cache, int limit) {
        this.cache = cache;
        this.limit = Math.max(1, limit); // clients may have some from before a reload that set it to 0
    }

    /** Whether the server holds it; it then counts as used just now. */
    boolean touch(PreparedStatement statement) {
        return held.get(statement) != null;
    }

    void add(PreparedStatement statement) {
        if (held.put(statement, Boolean.TRUE) == null) {
            statement.use();
        }
    }

    void remove(PreparedStatement statement) {
        if (held.remove(statement) != null) {
            cache.leave(statement);
        }
    }

    /** The statement that must make room for so many more, or null while the limit is kept. */
    @Nullable
    PreparedStatement nextToGo(int more) {
        return held.size() + more <= limit || held.isEmpty()
                ? null
                : held.firstEntry().getKey();
    }

    /** It is no longer held; see {@link #evicted}. */
    void evict(PreparedStatement statement) {
        held.remove(statement);
    }

    /** The server has closed it. */
    void evicted(PreparedStatement statement) {
        cache.leave(statement);
    }

    /** The server skipped our Close: it holds the statement after all. */
    void restore(PreparedStatement statement) {
        if (held.putIfAbsent(statement, Boolean.TRUE) != null) {
            cache.leave(statement);
        }
    }

    /** DEALLOCATE ALL was done: what is left is what was sent after it. */
    void clearBut(Set<PreparedStatement> sentLater) {
        held.keySet().removeIf(statement -> {
            boolean gone = !sentLater.contains(statement);
            if (gone) {
                cache.leave(statement);
            }
            return gone;
        });
    }

    public void clear() {
        held.keySet().forEach(cache::leave);
        held.clear();
    }

    public int size() {
        return held.size();
    }
}

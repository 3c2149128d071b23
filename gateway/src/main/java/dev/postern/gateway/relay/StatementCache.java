package dev.postern.gateway.relay;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The statements that clients and servers of one pool know, each text once. Used on the pool's loop. */
public final class StatementCache {
    private final Map<Text, PreparedStatement> statements = new HashMap<>();
    private final StatementName probe = StatementName.probe();
    private final StatementMemory memory;
    private @Nullable PreparedStatement freeing;
    private long numbers;
    private long bytes;

    public StatementCache(StatementMemory memory) {
        this.memory = memory;
    }

    StatementMemory memory() {
        return memory;
    }

    /** Whether no client or server of the pool has this text. */
    boolean isNew(byte[] body) {
        return !statements.containsKey(new Text(body));
    }

    /** {@code DEALLOCATE} of a statement that is prepared just before; not one that a client knows by a name. */
    PreparedStatement freeing() {
        if (freeing == null) {
            freeing = new PreparedStatement(StatementMessages.DEALLOCATE_FREED, ++numbers);
        }
        return freeing;
    }

    /** The one statement of this body; the caller becomes a user of it. */
    PreparedStatement use(byte[] body) {
        Text text = new Text(body);
        PreparedStatement known = statements.get(text);
        if (known == null) {
            known = new PreparedStatement(body, ++numbers);
            statements.put(text, known);
            bytes += body.length;
            memory.add(size(body));
        }
        known.use();
        return known;
    }

    void leave(PreparedStatement statement) {
        if (statement.leave()) {
            retire(statement);
            if (statement != freeing) {
                memory.add(-size(statement.body()));
            }
        }
    }

    private static long size(byte[] body) {
        return body.length + (long) StatementMemory.OVERHEAD;
    }

    /** From now on the text is another statement; those who use this one keep it. */
    void retire(PreparedStatement statement) {
        if (statements.remove(new Text(statement.body()), statement)) {
            bytes -= statement.body().length;
        }
    }

    /** From now on each text is another statement. */
    void retireAll() {
        statements.clear();
        bytes = 0;
    }

    /** A body as a key. */
    private static final class Text {
        private final byte[] body;
        private final int hash;

        Text(byte[] body) {
            this.body = body;
            this.hash = Arrays.hashCode(body);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Text that && hash == that.hash && Arrays.equals(body, that.body);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** To look a name up with; good until the next use. */
    StatementName probe() {
        return probe;
    }

    /** Distinct statements known now. */
    public int size() {
        return statements.size();
    }

    /** Bytes of their texts. */
    public long bytes() {
        return bytes;
    }
}

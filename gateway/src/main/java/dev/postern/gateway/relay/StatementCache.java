package dev.postern.gateway.relay;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The statements that clients and servers of one pool know, each text once. Used on the pool's loop. */
public final class StatementCache {
    private final Map<Text, PreparedStatement> statements = new HashMap<>();
    private final StatementName probe = StatementName.probe();
    private long numbers;
    private long bytes;

    /** The one statement of this body; the caller becomes a user of it. */
    PreparedStatement use(byte[] body) {
        Text text = new Text(body);
        PreparedStatement known = statements.get(text);
        if (known == null) {
            known = new PreparedStatement(body, ++numbers);
            statements.put(text, known);
            bytes += body.length;
        }
        known.use();
        return known;
    }

    void leave(PreparedStatement statement) {
        if (statement.leave()) {
            retire(statement);
        }
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

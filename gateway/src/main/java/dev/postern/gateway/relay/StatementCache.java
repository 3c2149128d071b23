package dev.postern.gateway.relay;

import java.util.HashMap;
import java.util.Map;

/** The statements that clients and servers of one pool know, each text once. Used on the pool's loop. */
public final class StatementCache {
    private final Map<PreparedStatement, PreparedStatement> statements = new HashMap<>();
    private final StatementName probe = StatementName.probe();
    private long numbers;
    private long bytes;

    /** The one statement of this body; the caller becomes a user of it. */
    PreparedStatement use(byte[] body) {
        PreparedStatement wanted = new PreparedStatement(body, numbers + 1);
        PreparedStatement known = statements.putIfAbsent(wanted, wanted);
        if (known == null) {
            numbers++;
            bytes += body.length;
            known = wanted;
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
        if (statements.get(statement) == statement) {
            statements.remove(statement);
            bytes -= statement.body().length;
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

package dev.postern.gateway.relay;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One text with its parameter types, under whatever names clients know it. Servers know it by {@link #serverName()}.
 * Counted by its users (clients and servers), so that {@link StatementCache} forgets it with the last one.
 */
final class PreparedStatement {
    /** The rest of Parse after the name: query text, zero byte, number of parameter types, their OIDs. */
    private final byte[] body;

    private final byte[] serverName;
    private final int hash;
    private int users;

    PreparedStatement(byte[] body, long number) {
        this.body = body;
        this.hash = Arrays.hashCode(body);
        this.serverName = ("postern_" + number).getBytes(StandardCharsets.US_ASCII);
    }

    byte[] body() {
        return body;
    }

    byte[] serverName() {
        return serverName;
    }

    void use() {
        users++;
    }

    /** True when nobody is left. */
    boolean leave() {
        return --users == 0;
    }

    /** Equal texts are the same statement; the number is only a name. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof PreparedStatement that && hash == that.hash && Arrays.equals(body, that.body);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}

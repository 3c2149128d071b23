package dev.postern.gateway.relay;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One text with its parameter types, under whatever names clients know it. Servers know it by {@link #serverName()}.
 * Two statements may have the same text, when one is outdated: each is equal to itself alone.
 * Counted by its users (clients and servers), so that {@link StatementCache} forgets it with the last one.
 */
final class PreparedStatement {
    /** The rest of Parse after the name: query text, zero byte, number of parameter types, their OIDs. */
    private final byte[] body;

    private final byte[] serverName;
    private final int look;
    private final @Nullable SettingStatement setting;
    private int users;

    PreparedStatement(byte[] body, long number) {
        this.body = body;
        this.look = TextLook.of(Unpooled.wrappedBuffer(body), 0, body.length);
        this.setting = SettingText.of(look, Unpooled.wrappedBuffer(body), 0, body.length);
        this.serverName = ("postern_" + number).getBytes(StandardCharsets.US_ASCII);
    }

    byte[] body() {
        return body;
    }

    /** What its text says about the session: bits of {@link TextLook}. */
    int look() {
        return look;
    }

    /** What it does to the session's settings, if it is nothing but that. */
    @Nullable
    SettingStatement setting() {
        return setting;
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
}

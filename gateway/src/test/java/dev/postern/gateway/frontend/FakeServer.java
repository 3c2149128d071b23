package dev.postern.gateway.frontend;

import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.Seat;
import dev.postern.gateway.pool.ServerFacts;
import dev.postern.gateway.pool.ServerPool;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.relay.LentServer;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.ServerParts;
import dev.postern.gateway.relay.ServerStatements;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.Traffic;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A server connection without a connection: keeps what it is sent, and says what the test lets it say. */
final class FakeServer implements LentServer {
    private final Seat seat;
    private final ServerPool<LentServer> pool;
    private final ServerParts parts = new ServerParts(new Traffic());
    private final ServerStatements statements;
    private final StringBuilder received = new StringBuilder();
    private @Nullable Link link;
    private SessionSettings settings = SessionSettings.NONE;
    private boolean unknown;
    boolean writable = true;
    boolean reading = true;
    int canceled;

    @Nullable
    CloseReason closed;

    FakeServer(Seat seat, ServerPool<LentServer> pool, StatementCache cache) {
        this.seat = seat;
        this.pool = pool;
        this.statements = new ServerStatements(cache, 10);
    }

    /** Since the last call; control characters as dots. */
    String received() {
        String text = received.toString();
        received.setLength(0);
        return text;
    }

    boolean linked() {
        return link != null;
    }

    void says(byte[]... messages) {
        Link linked = Objects.requireNonNull(link);
        linked.fromServer(Unpooled.copiedBuffer(messages));
        linked.flushToClient();
    }

    @Override
    public Seat seat() {
        return seat;
    }

    @Override
    public void check(String query, Consumer<Boolean> result) {
        throw new AssertionError("no test lets a server grow old");
    }

    @Override
    public void close(CloseReason reason) {
        if (closed == null) {
            closed = reason;
            Link linked = link;
            endLink();
            parts.release();
            statements.clear();
            pool.remove(this, reason);
            if (linked != null) {
                linked.serverGone();
            }
        }
    }

    @Override
    public void closeSoon() {}

    @Override
    public boolean closesSoon() {
        return false;
    }

    @Override
    public void expire() {
        close(CloseReason.CREDENTIAL_ROTATED);
    }

    @Override
    public boolean asksAboutRole() {
        return false;
    }

    private void endLink() {
        Link linked = link;
        link = null;
        if (linked != null) {
            linked.end();
        }
    }

    @Override
    public ServerParts parts() {
        return parts;
    }

    @Override
    public void link(Link next) {
        link = next;
    }

    @Override
    public void giveBack() {
        endLink();
        pool.checkin(this);
    }

    @Override
    public void discard(CloseReason reason) {
        endLink();
        close(reason);
    }

    @Override
    public void suspend(boolean on) {}

    @Override
    public ServerFacts facts() {
        return new ServerFacts(
                1,
                "role",
                false,
                0,
                Optional.empty(),
                Optional.empty(),
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                "",
                "",
                0,
                "none");
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of();
    }

    @Override
    public void cancel(Runnable settled) {
        canceled++;
        settled.run();
    }

    @Override
    public boolean isWritable() {
        return writable;
    }

    @Override
    public void setReading(boolean on) {
        reading = on;
    }

    @Override
    public void write(ByteBuf messages) {
        messages.toString(StandardCharsets.ISO_8859_1).chars().forEach(c -> received.append(c < 0x20 ? '.' : (char) c));
        messages.release();
    }

    @Override
    public void flush() {}

    @Override
    public ByteBufAllocator alloc() {
        return UnpooledByteBufAllocator.DEFAULT;
    }

    @Override
    public ServerStatements statements() {
        return statements;
    }

    @Override
    public SessionSettings settings() {
        return settings;
    }

    @Override
    public void settings(SessionSettings changed) {
        settings = changed;
        unknown = false;
    }

    @Override
    public void settingsUnknown() {
        unknown = true;
    }

    boolean unclean;

    @Override
    public void unclean(boolean forGood) {
        unclean = true;
    }

    @Override
    public boolean areSettingsUnknown() {
        return unknown;
    }

    @Override
    public void reported(String name, String value) {}

    @Override
    public @Nullable String initially(String name) {
        return null;
    }

    @Override
    public void violated(ProtocolViolation violation) {
        close(CloseReason.PROTOCOL_VIOLATION);
    }
}

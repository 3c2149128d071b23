package dev.postern.gateway.backend;

import dev.postern.auth.client.AuthQueryRow;
import dev.postern.auth.credentials.Credential;
import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.pool.PooledServer;
import dev.postern.gateway.pool.Seat;
import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.Bind;
import dev.postern.gateway.protocol.DataRow;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.Execute;
import dev.postern.gateway.protocol.FrontendMessage;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.Parse;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Query;
import dev.postern.gateway.protocol.Sync;
import dev.postern.gateway.protocol.Value;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server connection that looks users up, one at a time, and serves nothing else. Used on its event loop. A server that
 * does not answer in time loses the connection: it is in an unknown state then.
 */
final class AuthQueryConnection extends ByteToMessageDecoder implements PooledServer {
    /** Longer than the statement_timeout that the server itself keeps. */
    private static final Duration MOST_TIME = Duration.ofSeconds(10);
    /** A row holds a name, a verifier and a few flags. */
    private static final int MOST_LENGTH = 64 << 10;

    private final ChannelHandlerContext login;
    private final Credential credential;
    private final Seat seat;
    private final Home home;
    private @Nullable Work work;
    private boolean closed;

    /** Where the connection belongs. */
    interface Home {
        /** The connection is closed; called once. */
        void closed(AuthQueryConnection connection, Credential credential, CloseReason reason);

        /** The role is not what it was. */
        void credentialRefused(Credential credential, String sqlState);
    }

    /** What came back: an error is an answer too. */
    record Answer(Optional<AuthQueryRow> row, Optional<ErrorResponse> error) {}

    /** The query under way. */
    private static final class Work {
        private final Consumer<Answer> done;
        private final Consumer<String> lost;
        private final ScheduledFuture<?> timer;
        private Optional<AuthQueryRow> row = Optional.empty();
        private Optional<ErrorResponse> error = Optional.empty();

        Work(Consumer<Answer> done, Consumer<String> lost, ScheduledFuture<?> timer) {
            this.done = done;
            this.lost = lost;
            this.timer = timer;
        }
    }

    AuthQueryConnection(ChannelHandlerContext login, Credential credential, Seat seat, Home home) {
        this.login = login;
        this.credential = credential;
        this.seat = seat;
        this.home = home;
    }

    /**
     * Runs the query with one parameter.
     *
     * @param done called once the server is ready for the next query
     * @param lost called instead when the connection is lost, with the reason
     */
    void lookUp(String sql, String user, Consumer<Answer> done, Consumer<String> lost) {
        begin(
                done,
                lost,
                new Parse("", sql, List.of()),
                new Bind("", "", List.of(), List.of(Value.text(user)), List.of()),
                new Execute("", 1),
                new Sync());
    }

    /**
     * Asks whether the role that logged in is still there: a connection outlives it, and only some errors tell.
     *
     * @param result false as well when the connection is lost
     */
    void checkRole(Consumer<Boolean> result) {
        begin(
                answer -> result.accept(answer.error().isEmpty()),
                reason -> result.accept(false),
                new Query("SELECT current_user"));
    }

    private void begin(Consumer<Answer> done, Consumer<String> lost, FrontendMessage... messages) {
        if (closed) {
            lost.accept("the connection is closed");
            return;
        }
        work = new Work(
                done,
                lost,
                login.channel()
                        .eventLoop()
                        .schedule(
                                () -> close(
                                        CloseReason.CHECK_FAILED, "no answer within " + MOST_TIME.toSeconds() + " s"),
                                MOST_TIME.toMillis(),
                                TimeUnit.MILLISECONDS));
        ByteBuf out = login.alloc().buffer();
        for (FrontendMessage message : messages) {
            message.encode(out);
        }
        login.channel().writeAndFlush(out);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (closed) {
            in.skipBytes(in.readableBytes());
            return;
        }
        ByteBuf message = MessageHeader.readWhole(in, MOST_LENGTH);
        if (message != null) {
            byte type = message.getByte(message.readerIndex());
            received(type, message.skipBytes(MessageHeader.HEADER_LENGTH));
        }
    }

    private void received(byte type, ByteBuf body) {
        Work current = work;
        switch (type) {
            case BackendType.PARAMETER_STATUS, BackendType.NOTICE_RESPONSE, BackendType.NOTIFICATION_RESPONSE -> {}
            case BackendType.PARSE_COMPLETE,
                    BackendType.BIND_COMPLETE,
                    BackendType.COMMAND_COMPLETE,
                    BackendType.EMPTY_QUERY_RESPONSE,
                    BackendType.PORTAL_SUSPENDED,
                    BackendType.ROW_DESCRIPTION -> inWork(type, current);
            case BackendType.DATA_ROW -> inWork(type, current).row = Optional.of(row(type, body));
            case BackendType.ERROR_RESPONSE -> {
                ErrorResponse error = (ErrorResponse) BackendMessage.decode(type, body);
                if (current == null) {
                    close(CloseReason.SERVER_GONE, "the server ended the connection: " + error.message());
                } else {
                    current.error = Optional.of(error);
                }
            }
            case BackendType.READY_FOR_QUERY -> finished(inWork(type, current));
            default -> throw new ProtocolViolation("backend message type " + (char) type + " during a look-up");
        }
    }

    private static Work inWork(byte type, @Nullable Work current) {
        if (current == null) {
            throw new ProtocolViolation("backend message type " + (char) type + " while no look-up is under way");
        }
        return current;
    }

    private static AuthQueryRow row(byte type, ByteBuf body) {
        DataRow row = (DataRow) BackendMessage.decode(type, body);
        return new AuthQueryRow(row.columns().stream().map(Value::asText).toList());
    }

    private void finished(Work done) {
        work = null;
        done.timer.cancel(false);
        done.error
                .flatMap(ErrorResponse::sqlState)
                .filter("42704"::equals)
                .ifPresent(state -> home.credentialRefused(credential, state));
        done.done.accept(new Answer(done.row, done.error));
    }

    // ---- PooledServer

    @Override
    public Seat seat() {
        return seat;
    }

    @Override
    public void check(String query, Consumer<Boolean> result) {
        begin(
                answer -> result.accept(answer.error().isEmpty()),
                reason -> {}, // the pool has been told that the connection is gone
                new Query(query));
    }

    @Override
    public void closeSoon() {}

    @Override
    public void expire() {
        close(CloseReason.CREDENTIAL_ROTATED);
    }

    @Override
    public void close(CloseReason reason) {
        close(reason, reason.label());
    }

    private void close(CloseReason reason, String why) {
        if (closed) {
            return;
        }
        closed = true;
        login.channel().close();
        home.closed(this, credential, reason);
        Work lost = work;
        if (lost != null) {
            work = null;
            lost.timer.cancel(false);
            lost.lost.accept(why);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        close(CloseReason.SERVER_GONE, "the server closed the connection");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        close(CloseReason.SERVER_GONE, String.valueOf(cause.getMessage()));
    }
}

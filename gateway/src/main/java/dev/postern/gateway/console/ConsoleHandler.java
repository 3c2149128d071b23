package dev.postern.gateway.console;

import dev.postern.gateway.frontend.Cancelable;
import dev.postern.gateway.frontend.ConsoleDoor;
import dev.postern.gateway.pool.ClientFacts;
import dev.postern.gateway.pool.ConnectionIds;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ErrorResponses;
import dev.postern.gateway.protocol.FrontendMessage;
import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.Message;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.MessageWriter;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.Query;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.gateway.protocol.Terminate;
import dev.postern.tls.TlsFacts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of the console. One command at a time: it runs on a virtual thread, and what the client sends meanwhile waits.
 * Used on the channel's event loop.
 */
final class ConsoleHandler extends ByteToMessageDecoder implements Cancelable {
    private static final Logger log = LoggerFactory.getLogger(ConsoleHandler.class);

    /** Bytes of a message: commands are short. */
    private static final int MOST_MESSAGE = 16 << 10;

    /** Bytes that a client may send while a command runs. */
    private static final int MOST_AHEAD = 64 << 10;

    private static final byte IDLE = 'I';

    /** What PgBouncer says of itself; the version is the one whose contract this is. */
    private static final Map<String, String> WELCOME = welcome();

    private final long id = ConnectionIds.next();
    private final ConsoleDoor.Entrant entrant;
    private final boolean owner;
    private final Console console;
    private final ConsoleClients clients;
    private final ExtendedQuery extended;
    private @Nullable ChannelHandlerContext context;
    private int processId;
    private boolean over;
    private boolean busy;
    private Instant requested = Instant.now();
    /** Read by the command's thread. */
    private volatile boolean gone;

    private volatile boolean canceled;

    ConsoleHandler(ConsoleDoor.Entrant entrant, boolean owner, Console console, ConsoleClients clients) {
        this.entrant = entrant;
        this.owner = owner;
        this.console = console;
        this.clients = clients;
        this.extended = new ExtendedQuery(this);
    }

    private static Map<String, String> welcome() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("server_version", ConsoleVersion.PGBOUNCER + "/bouncer");
        parameters.put("client_encoding", "UTF8");
        parameters.put("server_encoding", "UTF8");
        parameters.put("DateStyle", "ISO");
        parameters.put("TimeZone", "GMT");
        parameters.put("standard_conforming_strings", "on");
        parameters.put("is_superuser", "on");
        return parameters;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        if (!ctx.channel().isActive()) {
            gone = true;
            return;
        }
        clients.add(this);
        BackendKeyData key = entrant.key().apply(this);
        processId = key.processId();
        ByteBuf out = ctx.alloc().buffer();
        WELCOME.forEach((name, value) -> MessageWriter.writeParameterStatus(out, name, value));
        key.encode(out);
        MessageWriter.writeReadyForQuery(out, IDLE);
        write(out);
        ctx.flush();
    }

    private ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("the console has no channel yet");
        }
        return context;
    }

    // ---- messages

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (over) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (busy) {
            if (in.readableBytes() > MOST_AHEAD) {
                throw new ProtocolViolation("too much data while a command runs");
            }
            return; // reading goes on all the same: a client that is gone is noticed
        }
        if (in.readableBytes() < MessageHeader.HEADER_LENGTH) {
            return;
        }
        byte type = in.getByte(in.readerIndex());
        int length = in.getInt(in.readerIndex() + 1);
        MessageHeader.checkLength(type, length, Math.min(MOST_MESSAGE, MessageHeader.frontendLimit(type)));
        if (in.readableBytes() < 1 + length) {
            return;
        }
        clients.received(1 + length);
        ByteBuf body = in.readSlice(1 + length).skipBytes(MessageHeader.HEADER_LENGTH);
        received(type, body);
    }

    private void received(byte type, ByteBuf body) {
        requested = Instant.now();
        switch (type) {
            case FrontendType.COPY_DATA, FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> {} // as PostgreSQL does
            case FrontendType.FUNCTION_CALL -> throw new ProtocolViolation("the console has no functions");
            default -> {
                FrontendMessage message = FrontendMessage.decode(type, body);
                switch (message) {
                    case Terminate ignored -> end();
                    case Query(String query) when extended.isSkipping() -> {}
                    case Query(String query) ->
                        run(Command.parse(query), answer -> {
                            answered(answer);
                            ready();
                        });
                    default -> extended.received(message);
                }
            }
        }
    }

    /** Runs it on a thread that may wait; then goes on here, also with what the client has sent meanwhile. */
    void run(Command command, Consumer<Answer> then) {
        busy = true;
        canceled = false;
        ChannelHandlerContext ctx = context();
        long start = System.nanoTime();
        Thread.ofVirtual().name("console-" + id).start(() -> {
            Answer answer = console.run(command, entrant.user(), owner, () -> gone || canceled);
            clients.asked((System.nanoTime() - start) / 1000);
            ctx.channel().eventLoop().execute(() -> {
                if (over) {
                    return;
                }
                busy = false;
                if (answer instanceof Answer.Silence) {
                    return; // the process ends, and so does the connection
                }
                then.accept(answer);
                if (!ctx.isRemoved()) {
                    resume(ctx);
                }
            });
        });
    }

    private void resume(ChannelHandlerContext ctx) {
        try {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
        } catch (Exception e) {
            exceptionCaught(ctx, e);
        }
    }

    /** The answer to a simple query, without ReadyForQuery. */
    private void answered(Answer answer) {
        ByteBuf out = context().alloc().buffer();
        if (answer instanceof Answer.Rows(Table table)) {
            Answers.description(table.columns(), List.of()).encode(out);
        }
        Answers.write(out, answer);
        write(out);
    }

    void write(Message message) {
        ByteBuf out = context().alloc().buffer();
        message.encode(out);
        write(out);
    }

    void write(ByteBuf out) {
        clients.sent(out.readableBytes());
        context().write(out);
    }

    void flush() {
        context().flush();
    }

    void ready() {
        ByteBuf out = context().alloc().buffer();
        MessageWriter.writeReadyForQuery(out, IDLE);
        write(out);
        flush();
    }

    // ---- from outside

    /** PgBouncer's ^C: whoever waits for a PAUSE waits no more. */
    @Override
    public void cancel(Channel requester) {
        canceled = true;
        requester.close();
    }

    long id() {
        return id;
    }

    void kill() {
        context().channel().eventLoop().execute(() -> close(ErrorResponses.of(new Refusal.Killed())));
    }

    ClientFacts facts() {
        Channel channel = context().channel();
        return new ClientFacts(
                id,
                entrant.user(),
                ConsoleDoor.DATABASE,
                "active",
                Optional.ofNullable(channel.remoteAddress()),
                Optional.ofNullable(channel.localAddress()),
                entrant.acceptedAt(),
                requested,
                Duration.ZERO,
                OptionalLong.empty(),
                TlsFacts.describe(channel.pipeline()),
                entrant.applicationName(),
                0,
                "",
                0,
                ClientFacts.NO_REPLICATION);
    }

    // ---- the end

    private void end() {
        over = true;
        gone = true;
        context().close();
    }

    private void close(ErrorResponse words) {
        if (over) {
            return;
        }
        over = true;
        gone = true;
        ByteBuf out = context().alloc().buffer();
        words.encode(out);
        context().writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        over = true;
        gone = true;
        super.channelInactive(ctx);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        over = true;
        gone = true;
        clients.remove(this);
        entrant.forget().accept(processId);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() != null
                ? cause.getCause()
                : cause;
        switch (root) {
            case ProtocolViolation violation -> close(ErrorResponses.of(violation.refusal()));
            case java.io.IOException broken -> end();
            default -> {
                log.atError()
                        .addKeyValue(LogKeys.USER, entrant.user())
                        .setCause(root)
                        .log("console_error");
                close(ErrorResponses.of(new Refusal.Internal(root.toString())));
            }
        }
    }
}

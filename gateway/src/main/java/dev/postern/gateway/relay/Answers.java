package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.DataRow;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ParameterStatus;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.SqlStates;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way from server to client: settles what is in flight, leaves out the answers to the gateway's own requests, and
 * puts in those that the server was not asked for.
 */
final class Answers {
    /** What statements of a role that was dropped fail with: no such role, no rights, nothing visible in its schema. */
    private static final Set<String> ROLE_GONE = Set.of("42704", "42501", "42P01", "3F000");

    private final Link link;
    private final InFlight inFlight;
    private final ClientEnd client;
    private final ServerEnd server;
    private ByteBuf run = Unpooled.EMPTY_BUFFER;
    private int runStart;

    Answers(Link link, InFlight inFlight) {
        this.link = link;
        this.inFlight = inFlight;
        this.client = link.client();
        this.server = link.server();
    }

    // ---- runs of bytes

    void begin(ByteBuf in) {
        run = in;
        runStart = in.readerIndex();
    }

    void passUpTo(int at) {
        if (at > runStart) {
            if (inFlight.peek() != Request.INTERNAL_QUERY) {
                client.write(run.retainedSlice(runStart, at - runStart));
            }
            runStart = at;
        }
    }

    private void leaveOut(int from, int to) {
        passUpTo(from);
        runStart = to;
    }

    void end() {
        link.answersRead();
    }

    boolean ended() {
        return link.ended();
    }

    /** Whether rows that come now are the answer to a query of the gateway's own. */
    boolean readsRows() {
        return inFlight.peek() == Request.INTERNAL_QUERY;
    }

    void violated(ProtocolViolation violation) {
        server.violated(violation);
    }

    // ---- messages

    /** A message at this place that is neither a row nor COPY data; whole, unless it is longer than what is held. */
    void answer(byte type, int at, int to) {
        if (inFlight.peek() == Request.INTERNAL_QUERY) {
            internal(type, at, to);
            return;
        }
        switch (type) {
            case BackendType.READY_FOR_QUERY -> readyForQuery(at, to);
            case BackendType.COMMAND_COMPLETE -> {
                link.succeeded();
                CommandTag tag = CommandTag.of(run, at + MessageHeader.HEADER_LENGTH);
                if (tag.sets() && inFlight.peekNote() instanceof SettingStatement statement) {
                    link.ran(statement);
                } else {
                    tag.effectOn(link);
                }
                done(Request.EXECUTE, to);
            }
            case BackendType.EMPTY_QUERY_RESPONSE -> done(Request.EXECUTE, to);
            case BackendType.PORTAL_SUSPENDED -> {
                link.ranInPart();
                done(Request.EXECUTE, to);
            }
            case BackendType.PARSE_COMPLETE -> doneOrLeftOut(Request.PARSE, Request.INJECTED_PARSE, at, to);
            case BackendType.CLOSE_COMPLETE -> doneOrLeftOut(Request.CLOSE, Request.INJECTED_CLOSE, at, to);
            case BackendType.BIND_COMPLETE -> done(Request.BIND, to);
            case BackendType.ROW_DESCRIPTION, BackendType.NO_DATA -> done(Request.DESCRIBE, to);
            case BackendType.COPY_IN_RESPONSE -> link.copyInBegins();
            case BackendType.ERROR_RESPONSE -> error(at, to);
            case BackendType.PARAMETER_STATUS -> parameterStatus(at, to);
            case BackendType.NOTIFICATION_RESPONSE -> {
                if (!client.takesNotification(run.slice(at, to - at))) {
                    leaveOut(at, to);
                }
            }
            case BackendType.NOTICE_RESPONSE,
                    BackendType.PARAMETER_DESCRIPTION,
                    BackendType.FUNCTION_CALL_RESPONSE,
                    BackendType.COPY_OUT_RESPONSE,
                    BackendType.COPY_BOTH_RESPONSE,
                    BackendType.COPY_DONE -> {}
            default ->
                throw new ProtocolViolation("backend message type " + Byte.toUnsignedInt(type) + " out of place");
        }
    }

    /** The head of the line is answered, if it is of this kind; within a simple query the same messages mean nothing. */
    private void done(byte request, int to) {
        if (inFlight.peek() == request) {
            inFlight.remove();
            settleBehind(to);
        }
    }

    private void doneOrLeftOut(byte request, byte injected, int at, int to) {
        if (inFlight.peek() == injected) {
            if (injected == Request.INJECTED_CLOSE && inFlight.peekNote() instanceof PreparedStatement evicted) {
                server.statements().evicted(evicted);
            }
            leaveOut(at, to);
            inFlight.remove();
            settleBehind(to);
        } else {
            done(request, to);
        }
    }

    private void settleBehind(int to) {
        if (isAnswered(inFlight.peek()) && betweenMessages()) {
            passUpTo(to);
            settle();
        }
    }

    /** What the gateway puts in must not come into the middle of a message that is still being passed on. */
    boolean betweenMessages() {
        return link.betweenMessages();
    }

    /** The message ends here whose beginning was passed on before. */
    void messageEnds(int at) {
        settleBehind(at);
    }

    private static boolean isAnswered(byte request) {
        return request == Request.ANSWERED_PARSE || request == Request.ANSWERED_CLOSE;
    }

    /** Gives the answers whose turn has come and that no server will give. */
    void settle() {
        for (byte request = inFlight.peek(); isAnswered(request); request = inFlight.peek()) {
            boolean parse = request == Request.ANSWERED_PARSE;
            byte type = parse ? BackendType.PARSE_COMPLETE : BackendType.CLOSE_COMPLETE;
            client.write(StatementMessages.complete(server.alloc(), type));
            if (!parse && inFlight.peekNote() instanceof Requests.Named closed) {
                client.statements().forgotten(closed.statement());
            }
            inFlight.remove();
        }
    }

    private void readyForQuery(int at, int to) {
        if (!Request.endsWithReadyForQuery(inFlight.peek()) && !link.isExplainedByDoubt()) {
            throw new ProtocolViolation("ReadyForQuery out of place");
        }
        inFlight.remove();
        link.readyForQuery(run.getByte(at + MessageHeader.HEADER_LENGTH));
        settleBehind(to);
    }

    private void parameterStatus(int at, int to) {
        ParameterStatus status = reported(at, to);
        if (SessionSettings.isReported(status.name()) && !link.settingReported(status.name(), status.value())) {
            leaveOut(at, to);
        }
    }

    private ParameterStatus reported(int at, int to) {
        var status = (ParameterStatus) BackendMessage.decode(BackendType.PARAMETER_STATUS, body(at, to));
        server.reported(status.name(), status.value());
        return status;
    }

    private ByteBuf body(int at, int to) {
        int start = at + MessageHeader.HEADER_LENGTH;
        return run.slice(start, to - start);
    }

    // ---- errors

    private void error(int at, int to) {
        byte request = inFlight.peek();
        boolean lastWord = isLastWord(at, to);
        if (lastWord && link.endsUnheard()) {
            leaveOut(at, to);
            return;
        }
        String sqlState = ErrorResponse.sqlState(body(at, to)).orElse("");
        if (sqlState.equals(SqlStates.READ_ONLY_SQL_TRANSACTION)) {
            server.refusedToWrite();
        }
        link.failed();
        if (request == 0 || Request.endsWithReadyForQuery(request)) {
            return; // ReadyForQuery follows, or the end of the connection
        }
        if (request == Request.FAILING && !lastWord && inFlight.peekNote() instanceof ErrorResponse ours) {
            leaveOut(at, to);
            ByteBuf message = server.alloc().buffer();
            ours.encode(message);
            client.write(message);
        } else if (inFlight.peekNote() instanceof PreparedStatement statement) {
            failed(statement, sqlState);
            if (sqlState.equals(SqlStates.PROTOCOL_VIOLATION) && to - at == 1 + run.getInt(at + 1)) {
                sayTheClientsName(statement, at, to);
            }
        }
        skipToSync();
    }

    /** A Bind with too many or too few parameters: the server names the statement, by the name that it knows. */
    private void sayTheClientsName(PreparedStatement statement, int at, int to) {
        byte[] theirs = statement.serverName();
        StatementName ours = client.statements().nameOf(statement);
        int name = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(theirs), run.slice(at, to - at));
        if (name < 0 || ours == null) {
            return;
        }
        int length = to - at - 1 - theirs.length + ours.length();
        ByteBuf message = server.alloc().buffer(1 + length);
        message.writeByte(BackendType.ERROR_RESPONSE).writeInt(length);
        message.writeBytes(run, at + MessageHeader.HEADER_LENGTH, name - MessageHeader.HEADER_LENGTH);
        ours.write(message);
        message.writeBytes(run, at + name + theirs.length, to - at - name - theirs.length);
        leaveOut(at, to);
        client.write(message);
    }

    /** Whether this error may be that of a role that is gone, which is no fault of the client's SQL: then it waits. */
    boolean asksFirst(int at, int to) {
        return inFlight.peek() != Request.INTERNAL_QUERY
                && ROLE_GONE.contains(ErrorResponse.sqlState(body(at, to)).orElse(""))
                && server.asksAboutRole();
    }

    private boolean isLastWord(int at, int to) {
        // Read in place, since an error may be longer than what is held; PostgreSQL puts the severity first.
        int field = at + MessageHeader.HEADER_LENGTH;
        while (field < to && run.getByte(field) != 0) {
            int end = run.indexOf(field + 1, to, (byte) 0);
            if (end < 0) {
                return false;
            }
            if (run.getByte(field) == 'V') {
                String severity = run.toString(field + 1, end - field - 1, StandardCharsets.US_ASCII);
                return severity.equals("FATAL") || severity.equals("PANIC");
            }
            field = end + 1;
        }
        return false;
    }

    /** What the error says about the server's copy of the statement. */
    private void failed(PreparedStatement statement, String sqlState) {
        if (sqlState.equals(SqlStates.FEATURE_NOT_SUPPORTED)) {
            // "cached plan must not change result type": the driver will prepare again and must get a new plan,
            // on whatever server it comes to.
            client.statements().outdated(statement);
        } else if (sqlState.equals(SqlStates.INVALID_SQL_STATEMENT_NAME)) {
            server.statements().remove(statement);
        }
    }

    /** The server reads over the rest of the pipeline: none of it will be answered, and none of it has happened. */
    private void skipToSync() {
        int skipped = 0;
        while (skipped < inFlight.size() && inFlight.at(skipped) != Request.SYNC) {
            skipped++;
        }
        undoUnnamed(skipped);
        for (int i = skipped - 1; i >= 0; i--) { // the last first: a name may come more than once
            undo(inFlight.at(i), inFlight.noteAt(i));
        }
        while (!inFlight.isEmpty() && inFlight.peek() != Request.SYNC) {
            inFlight.remove();
        }
        link.requests().unnamedIsUncertain();
        link.skipping = inFlight.isEmpty();
    }

    private void undo(byte request, @Nullable Object note) {
        if (note instanceof Requests.Named named) {
            switch (request) {
                case Request.PARSE -> {
                    client.statements().undo(named.name(), named.statement());
                    server.statements().remove(named.statement());
                }
                case Request.ANSWERED_PARSE -> client.statements().undo(named.name(), named.statement());
                case Request.ANSWERED_CLOSE -> client.statements().restore(named.name(), named.statement());
                default -> {}
            }
        } else if (note instanceof PreparedStatement statement) {
            switch (request) {
                case Request.INJECTED_PARSE -> server.statements().remove(statement);
                case Request.INJECTED_CLOSE -> server.statements().restore(statement);
                default -> {}
            }
        }
    }

    /**
     * The unnamed statement is the one that it was before the first of these requests that was to change it, or none if that
     * has failed itself. Where what comes behind them changes it again, that is what it was before.
     */
    private void undoUnnamed(int skipped) {
        int first = changeOfUnnamed(0);
        if (first >= skipped) {
            return;
        }
        byte[] before = first > 0 && inFlight.noteAt(first) instanceof byte[] body ? body : Requests.NOTHING;
        int later = changeOfUnnamed(skipped);
        if (later == inFlight.size()) {
            client.statements().restoreUnnamed(before);
        } else if (!(inFlight.noteAt(later) instanceof SettingStatement)) {
            inFlight.note(later, before);
        }
    }

    /** The first place from this one on where the unnamed statement is changed. */
    private int changeOfUnnamed(int from) {
        int place = from;
        while (place < inFlight.size()
                && inFlight.at(place) != Request.QUERY
                && !(inFlight.noteAt(place) instanceof byte[])) {
            place++;
        }
        return place;
    }

    // ---- answers to the gateway's own queries

    private void internal(byte type, int at, int to) {
        switch (type) {
            case BackendType.ERROR_RESPONSE ->
                link.internalFailed((ErrorResponse) BackendMessage.decode(type, body(at, to)));
            case BackendType.PARAMETER_STATUS -> link.internalReported(reported(at, to));
            // The client's own: it comes whenever it likes.
            case BackendType.NOTIFICATION_RESPONSE -> {
                if (client.takesNotification(run.slice(at, to - at))) {
                    client.write(run.retainedSlice(at, to - at));
                }
            }
            case BackendType.DATA_ROW -> link.internalRow((DataRow) BackendMessage.decode(type, body(at, to)));
            case BackendType.READY_FOR_QUERY -> {
                leaveOut(at, to);
                byte status = run.getByte(at + MessageHeader.HEADER_LENGTH);
                inFlight.remove();
                link.internalAnswered(status);
                return;
            }
            default -> {}
        }
        leaveOut(at, to);
    }
}

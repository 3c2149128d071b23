package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.BackendType;
import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.MessageHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first request on a server whose role may be dropped at any moment, and what the server has answered so far, which is
 * kept from the client. Does the role turn out to be gone before anything was done, the same request goes to another
 * server, and the client notices nothing. It can be told to end its keeping at every message: by an answer that says that
 * something was done or refused, by a statement that may commit within itself (CALL, DO and whatever is not known), by
 * too many bytes. Used on the loop.
 */
public final class FirstRequest {
    /** Of the request, and of its answers. */
    static final int MOST_KEPT = 1 << 16;

    /** First words of statements that happen wholly or not at all, and of those that begin a transaction. */
    private static final Set<String> ALL_OR_NOTHING = Set.of(
            "select", "insert", "update", "delete", "merge", "with", "values", "table", "show", "begin", "start");

    private static final int LONGEST_WORD = 8;

    private final SessionSettings settings;
    private final ClientStatements.Copy statements;
    private final ByteBuf sent;
    private final ByteBuf answers;
    private boolean parsedUnnamed;
    private boolean parsedNamed;
    private boolean repeatable = true;

    /** @param statements as they are before the request */
    public FirstRequest(ClientStatements statements, SessionSettings settings, ByteBufAllocator alloc) {
        this.settings = settings;
        this.statements = statements.copy();
        this.sent = alloc.buffer();
        this.answers = alloc.buffer();
    }

    /** The client sends this on; the buffer stays the caller's. False: keeping ends. */
    public boolean sends(ByteBuf in) {
        int unread = sent.readerIndex();
        if (sent.writerIndex() + in.readableBytes() > MOST_KEPT) {
            repeatable = false;
            return false;
        }
        sent.writeBytes(in, in.readerIndex(), in.readableBytes());
        int end = sent.writerIndex();
        int next = unread;
        while (repeatable && end - next >= MessageHeader.HEADER_LENGTH) {
            int at = next;
            next = at + 1 + sent.getInt(at + 1);
            if (next > end || next <= at) {
                next = at;
                break; // no server acts on half a message
            }
            repeatable = mayBeRepeated(at, next);
        }
        sent.readerIndex(next);
        return repeatable;
    }

    private boolean mayBeRepeated(int at, int to) {
        int body = at + MessageHeader.HEADER_LENGTH;
        return switch (sent.getByte(at)) {
            case FrontendType.QUERY -> isAllOrNothing(sent, body, to);
            case FrontendType.PARSE -> {
                int text = sent.indexOf(body, to, (byte) 0) + 1;
                parsedUnnamed |= text == body + 1;
                parsedNamed |= text > body + 1;
                yield text > 0 && isAllOrNothing(sent, text, to);
            }
            case FrontendType.BIND -> bindsKnown(sent.indexOf(body, to, (byte) 0) + 1, to);
            case FrontendType.DESCRIBE, FrontendType.EXECUTE, FrontendType.CLOSE, FrontendType.SYNC -> true;
            // Flush among them: who sends it waits for answers.
            default -> false;
        };
    }

    private boolean bindsKnown(int name, int to) {
        int length = name == 0 ? -1 : sent.indexOf(name, to, (byte) 0) - name;
        if (length < 0) {
            return false;
        }
        byte[] body = length == 0 ? statements.unnamed() : statements.body(StatementName.of(sent, name, length));
        boolean parsedHere = length == 0 ? parsedUnnamed : parsedNamed && body == null;
        return parsedHere || body != null && isAllOrNothing(body);
    }

    private static boolean isAllOrNothing(byte[] body) {
        ByteBuf text = Unpooled.wrappedBuffer(body);
        return isAllOrNothing(text, 0, body.length);
    }

    private static boolean isAllOrNothing(ByteBuf in, int from, int to) {
        int start = Blank.skip(in, from, to);
        int end = start;
        while (end < to && end - start < LONGEST_WORD && TextLook.isPartOfWord(in.getByte(end))) {
            end++;
        }
        String word = in.toString(start, end - start, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        return ALL_OR_NOTHING.contains(word);
    }

    /** The server answers this; the buffer stays the caller's. False: keeping ends, and this is not among what is kept. */
    public boolean keeps(ByteBuf in) {
        if (answers.writerIndex() + in.readableBytes() > MOST_KEPT) {
            return false;
        }
        int whole = answers.readerIndex();
        int before = answers.writerIndex();
        answers.writeBytes(in, in.readerIndex(), in.readableBytes());
        int end = answers.writerIndex();
        while (end - whole >= MessageHeader.HEADER_LENGTH && end - whole >= 1 + answers.getInt(whole + 1)) {
            if (!saysNothingDone(whole)) {
                answers.writerIndex(before);
                return false;
            }
            whole += 1 + answers.getInt(whole + 1);
        }
        answers.readerIndex(whole);
        return true;
    }

    private boolean saysNothingDone(int at) {
        return switch (answers.getByte(at)) {
            case BackendType.PARSE_COMPLETE,
                    BackendType.BIND_COMPLETE,
                    BackendType.CLOSE_COMPLETE,
                    BackendType.ROW_DESCRIPTION,
                    BackendType.PARAMETER_DESCRIPTION,
                    BackendType.NO_DATA,
                    BackendType.DATA_ROW,
                    BackendType.NOTICE_RESPONSE -> true;
            case BackendType.COMMAND_COMPLETE -> isTag(at, "BEGIN") || isTag(at, "START TRANSACTION");
            default -> false;
        };
    }

    private boolean isTag(int at, String tag) {
        int length = answers.getInt(at + 1) - 5;
        return length == tag.length()
                && answers.toString(at + MessageHeader.HEADER_LENGTH, length, StandardCharsets.US_ASCII)
                        .equals(tag);
    }

    /** What was kept from the client, for whoever calls; null when there is nothing. */
    public @Nullable ByteBuf end() {
        sent.release();
        statements.drop();
        answers.readerIndex(0);
        if (answers.isReadable()) {
            return answers;
        }
        answers.release();
        return null;
    }

    /**
     * The server has refused it, its role being gone. Puts the client's statements back to what they were before it.
     *
     * @return the request, for another server; the caller releases it
     */
    public ByteBuf takeBack(ClientStatements current) {
        answers.release();
        current.become(statements);
        return sent.readerIndex(0);
    }

    /** The client's settings before it. */
    public SessionSettings settings() {
        return settings;
    }
}

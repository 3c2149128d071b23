package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Finds the messages in what a client sends. Bytes go on as they are, in runs as long as they come; only Parse,
 * Bind, Describe and Close are looked into, and held back until enough of them is there. One for each client, since it
 * remembers where in a message the last bytes ended.
 */
public final class ClientStream {
    /** Bind's two names must end within this many bytes. */
    private static final int MOST_NAMES_LENGTH = 1 << 16;

    /** A named Parse must be held whole to be shared; PostgreSQL would take up to 1 GB. */
    private static final int MOST_PARSE_LENGTH = 64 << 20;

    /** An unnamed Parse up to this length is remembered, so that it can be put on another server. */
    private static final int MOST_UNNAMED_LENGTH = 1 << 20;

    /** A Query up to this length is looked at as a whole; of a longer one what comes first is. */
    private static final int MOST_QUERY_HELD = 1 << 16;

    /** A client gets a server when its first message is there, or so many bytes of it. */
    private static final int MOST_HELD_WITHOUT_SERVER = 1 << 16;

    private final boolean refusesQueries;

    /** Bytes of the current message that are still to come and need not be looked at. */
    private int passing;

    /** The beginning of a message that cannot be judged yet. */
    private @Nullable ByteBuf held;

    /** What is being read begins with what was held. */
    private boolean joined;

    public ClientStream() {
        this(false);
    }

    /** @param refusesQueries a Query ends the client (PgBouncer: disable_pqexec) */
    public ClientStream(boolean refusesQueries) {
        this.refusesQueries = refusesQueries;
    }

    /** No message has been passed on in part. */
    boolean atBoundary() {
        return passing == 0;
    }

    /** Releases what is held, at the end of the client. */
    public void release() {
        if (held != null) {
            held.release();
            held = null;
        }
    }

    /** What has come since the last whole request will come again. */
    public void startOver() {
        release();
        passing = 0;
    }

    /**
     * For a client without a server: takes away what needs none, and gives back the rest, or null when nothing is left.
     * PostgreSQL reads over COPY messages that come after their COPY has failed, and a Flush means nothing when idle.
     * Takes the buffer over.
     */
    public @Nullable ByteBuf skipWhatNeedsNoServer(ByteBuf input) {
        ByteBuf in = join(input);
        try {
            int at = skip(in);
            if (at >= 0) {
                return in.retain().readerIndex(at);
            }
            return null;
        } finally {
            in.release();
        }
    }

    /** Where the first message stands that needs a server, or -1. */
    private int skip(ByteBuf in) {
        int end = in.writerIndex();
        int at = in.readerIndex();
        int skipped = Math.min(passing, end - at);
        passing -= skipped;
        at += skipped;
        while (at < end && needsNoServer(in.getByte(at))) {
            if (end - at < MessageHeader.HEADER_LENGTH) {
                break;
            }
            int next = at + 1 + length(in, at);
            passing = Math.max(0, next - end);
            at = Math.min(next, end);
        }
        if (at == end) {
            return -1;
        }
        byte type = in.getByte(at);
        if (needsNoServer(type)) {
            hold(in, at, end);
            return -1;
        }
        MessageHeader.frontendLimit(type); // refuses what is no message, before a server is taken for it
        refuseQuery(type);
        if (!isEnough(in, at, end)) {
            hold(in, at, end);
            return -1;
        }
        return at;
    }

    /** Whoever sends half a message and waits shall not keep a server from others. */
    private static boolean isEnough(ByteBuf in, int at, int end) {
        return end - at >= MessageHeader.HEADER_LENGTH
                && end - at >= Math.min(1 + length(in, at), MOST_HELD_WITHOUT_SERVER);
    }

    private static boolean needsNoServer(byte type) {
        return switch (type) {
            case FrontendType.COPY_DATA, FrontendType.COPY_DONE, FrontendType.COPY_FAIL, FrontendType.FLUSH -> true;
            default -> false;
        };
    }

    /** Reads on; takes the buffer over. */
    void read(ByteBuf input, Requests requests) {
        ByteBuf in = join(input);
        try {
            readAll(in, requests);
        } catch (ProtocolViolation violation) {
            requests.violated(violation);
        } finally {
            in.release();
        }
    }

    private ByteBuf join(ByteBuf input) {
        ByteBuf first = held;
        joined = first != null;
        if (first == null) {
            return input;
        }
        held = null;
        first.writeBytes(input);
        input.release();
        return first;
    }

    /** Reads on in what was held, now that all that was in flight is answered. */
    void resume(Requests requests) {
        read(Unpooled.EMPTY_BUFFER, requests);
    }

    private void readAll(ByteBuf in, Requests requests) {
        int end = in.writerIndex();
        int at = in.readerIndex() + Math.min(passing, in.readableBytes());
        passing -= at - in.readerIndex();
        requests.begin(in);
        while (end - at >= MessageHeader.HEADER_LENGTH && !requests.mustWait()) {
            byte type = in.getByte(at);
            int next = at + 1 + length(in, at);
            refuseQuery(type);
            if (type == FrontendType.TERMINATE && next <= end) {
                requests.terminate(next);
                return;
            }
            if (!take(in, at, next, end, type, requests)) {
                break;
            }
            if (requests.ended()) {
                return;
            }
            passing = Math.max(0, next - end);
            at = Math.min(next, end);
        }
        requests.passUpTo(at);
        if (!requests.ended()) {
            hold(in, at, end);
            if (at < end && requests.mustWait()) {
                requests.waits();
            }
        }
    }

    private void refuseQuery(byte type) {
        if (refusesQueries && type == FrontendType.QUERY) {
            throw new ProtocolViolation("simple queries are switched off here");
        }
    }

    private static int length(ByteBuf in, int at) {
        byte type = in.getByte(at);
        int length = in.getInt(at + 1);
        MessageHeader.checkLength(type, length, MessageHeader.frontendLimit(type));
        return length;
    }

    private void hold(ByteBuf in, int from, int end) {
        if (joined && from == in.readerIndex() && from < end) {
            held = in.retain(); // it was held before: a long message is not copied for each of its pieces
        } else if (from < end) {
            held = in.alloc().buffer(Math.max(end - from, 256)).writeBytes(in, from, end - from);
        }
    }

    /** Notes the message at this place; false when more of it must come first. */
    private static boolean take(ByteBuf in, int at, int next, int end, byte type, Requests requests) {
        int limit = Math.min(next, end);
        if (!requests.looksInto(type)) {
            boolean looks = requests.looksIntoTexts() && (type == FrontendType.QUERY || type == FrontendType.PARSE);
            if (looks && limit < next && next - at <= MOST_QUERY_HELD) {
                return false;
            }
            if (looks && type == FrontendType.QUERY) {
                return requests.query(in, at, limit, next);
            }
            if (looks) {
                requests.parsePassing(in, at, limit);
            }
            requests.sent(type);
            return true;
        }
        return switch (type) {
            case FrontendType.PARSE -> parse(in, at, limit, next, requests);
            case FrontendType.BIND -> bind(in, at, limit, next, requests);
            default -> describeOrClose(in, at, limit, next, type, requests);
        };
    }

    private static boolean parse(ByteBuf in, int at, int limit, int next, Requests requests) {
        int name = at + MessageHeader.HEADER_LENGTH;
        int nameEnd = in.indexOf(name, limit, (byte) 0);
        if (nameEnd < 0) {
            return moreMustCome(FrontendType.PARSE, limit, next, name, requests);
        }
        boolean unnamed = nameEnd == name;
        if (unnamed && next - at > MOST_UNNAMED_LENGTH) {
            requests.parseUnnamed(null, TextLook.of(in, nameEnd + 1, limit));
            return true;
        }
        if (next - at > MOST_PARSE_LENGTH) {
            throw new ProtocolViolation("text of a named statement is longer than " + MOST_PARSE_LENGTH + " bytes");
        }
        if (limit < next) {
            return false;
        }
        byte[] body = new byte[next - nameEnd - 1];
        in.getBytes(nameEnd + 1, body);
        if (unnamed) {
            requests.parseUnnamed(body, TextLook.of(in, nameEnd + 1, next));
        } else {
            requests.passUpTo(at);
            if (!requests.parse(StatementName.of(in, name, nameEnd - name), body)) {
                return false;
            }
            requests.continueAt(next);
        }
        return true;
    }

    private static boolean bind(ByteBuf in, int at, int limit, int next, Requests requests) {
        int portal = at + MessageHeader.HEADER_LENGTH;
        int portalEnd = in.indexOf(portal, limit, (byte) 0);
        int name = portalEnd + 1;
        int nameEnd = portalEnd < 0 ? -1 : in.indexOf(name, limit, (byte) 0);
        if (nameEnd < 0) {
            return moreMustCome(FrontendType.BIND, limit, next, portal, requests);
        }
        if (nameEnd == name) {
            if (!requests.beforeUnnamed(at)) {
                return false;
            }
            if (requests.unnamedDeallocates()) {
                requests.passUpTo(at);
                requests.bindFreeing(in.slice(portal, name - portal), next - nameEnd - 1);
                requests.continueAt(nameEnd + 1);
                return true;
            }
            if (requests.refusesUnnamed()) {
                return refuse(at, limit, next, requests.unnamedLook(), requests);
            }
            requests.bindUnnamed(portalEnd == portal);
            return true;
        }
        if (requests.isUncertain(in, name, nameEnd - name)) {
            return false;
        }
        PreparedStatement statement = requests.find(in, name, nameEnd - name);
        if (statement != null && requests.waitsFor(statement)) {
            return false;
        }
        if (statement == null) {
            return unknown(FrontendType.BIND, in, at, limit, next, name, nameEnd - name, requests);
        }
        if (requests.refuses(statement.look())) {
            return refuse(at, limit, next, statement.look(), requests);
        }
        requests.passUpTo(at);
        if (requests.deallocates(statement)) {
            requests.bindFreeing(in.slice(portal, name - portal), next - nameEnd - 1);
        } else {
            requests.bind(in.slice(portal, name - portal), next - nameEnd - 1, statement);
        }
        requests.continueAt(nameEnd + 1);
        return true;
    }

    /** The server will say 26000, with the client's own name; unless it is one of ours, of a statement of others perhaps. */
    private static boolean unknown(
            byte type, ByteBuf in, int at, int limit, int next, int name, int length, Requests requests) {
        if (!StatementMessages.isOurs(in, name, length)) {
            requests.sent(type);
            return true;
        }
        if (limit < next) {
            return false;
        }
        requests.passUpTo(at);
        requests.unknown(StatementName.of(in, name, length));
        requests.continueAt(next);
        return true;
    }

    /** A whole Bind is left out, and the server made to fail in its place. */
    private static boolean refuse(int at, int limit, int next, int look, Requests requests) {
        if (limit < next) {
            return false;
        }
        requests.passUpTo(at);
        requests.refuse(look);
        requests.continueAt(next);
        return true;
    }

    private static boolean describeOrClose(ByteBuf in, int at, int limit, int next, byte type, Requests requests) {
        if (limit < next) {
            return false; // it is short: see MessageHeader's limit
        }
        int kind = at + MessageHeader.HEADER_LENGTH;
        if (next - kind < 2 || in.getByte(next - 1) != 0) {
            requests.sent(type); // for the server to refuse
            return true;
        }
        int nameLength = next - kind - 2;
        if (in.getByte(kind) != 'S') {
            requests.sent(type);
            return true;
        }
        if (nameLength == 0) {
            if (type == FrontendType.CLOSE) {
                requests.closeUnnamed();
                return true;
            }
            if (!requests.beforeUnnamed(at)) {
                return false;
            }
            requests.sent(type);
            return true;
        }
        if (type == FrontendType.CLOSE) {
            requests.passUpTo(at);
            if (!requests.close(StatementName.of(in, kind + 1, nameLength))) {
                return false;
            }
            requests.continueAt(next);
            return true;
        }
        if (requests.isUncertain(in, kind + 1, nameLength)) {
            return false;
        }
        PreparedStatement statement = requests.find(in, kind + 1, nameLength);
        if (statement != null && requests.waitsFor(statement)) {
            return false;
        }
        if (statement == null) {
            return unknown(type, in, at, limit, next, kind + 1, nameLength, requests);
        }
        requests.passUpTo(at);
        requests.describe(statement);
        requests.continueAt(next);
        return true;
    }

    /**
     * The terminator is not there: wait for it. A whole message without one is for the server to refuse, which ends the
     * pipeline and not the session.
     */
    private static boolean moreMustCome(byte type, int limit, int next, int from, Requests requests) {
        if (limit == next) {
            requests.sent(type);
            return true;
        }
        if (limit - from > MOST_NAMES_LENGTH) {
            throw new ProtocolViolation("invalid string in message");
        }
        return false;
    }
}

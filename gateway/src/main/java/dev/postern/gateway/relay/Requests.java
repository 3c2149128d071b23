package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.CommandComplete;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.FrontendType;
import dev.postern.gateway.protocol.MessageHeader;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.SqlStates;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The way from client to server. A buffer that was read is passed on as one run of bytes; where a message is replaced or
 * left out, the run before it is passed and a new one begins behind it.
 */
final class Requests {
    /** The text of no statement. */
    static final byte[] NOTHING = {};

    /** A longer unnamed statement is not remembered in requests in flight, of which there may be thousands. */
    private static final int MOST_REMEMBERED = 1024;

    /** Texts that may be answered without the server. */
    private static final int MAY_BE_ANSWERED = TextLook.STAYS | TextLook.FORGETS;

    private static final byte[] NO_SUCH_STATEMENT = "postern_no_such_statement".getBytes(StandardCharsets.US_ASCII);

    private final Link link;
    private final ClientEnd client;
    private final ServerEnd server;
    private final boolean sharing;
    private final boolean watching;
    private final UnansweredChanges changes;
    private ByteBuf run = Unpooled.EMPTY_BUFFER;
    private int runStart;
    private final PortalSetting portalSetting = new PortalSetting();

    /** What the client calls its unnamed statement is what the server holds as such. */
    private boolean unnamedIsHere;

    /** Since the last Sync the unnamed statement was made another one: if the server reads over that, it has not been. */
    private boolean unnamedChanged;
    /** The same of a part of the pipeline that is not answered yet. */
    private boolean unnamedChangedBefore;

    Requests(Link link) {
        this.link = link;
        this.client = link.client();
        this.server = link.server();
        this.sharing = link.mode.sharesStatements();
        this.watching = link.mode.watchesSession();
        this.changes = new UnansweredChanges(link);
    }

    // ---- runs of bytes

    void begin(ByteBuf in) {
        run = in;
        runStart = in.readerIndex();
    }

    void passUpTo(int at) {
        if (at > runStart) {
            server.write(run.retainedSlice(runStart, at - runStart));
            runStart = at;
        }
    }

    void continueAt(int at) {
        runStart = Math.min(at, run.writerIndex());
    }

    boolean ended() {
        return link.ended();
    }

    void violated(ProtocolViolation violation) {
        client.violated(violation);
    }

    // ---- waiting for answers

    /** Whether what comes next must wait until nothing is in flight. */
    boolean mustWait() {
        return link.mustWait();
    }

    /** What comes next is held. Without a Flush the server might wait for it too. */
    void waits() {
        server.write(StatementMessages.flush(server.alloc()));
        link.holdClientBack();
    }

    // ---- texts

    boolean looksIntoTexts() {
        return !link.skipping;
    }

    /** A Query, as far as it has come: as a whole unless it is long. False when it must wait. */
    boolean query(ByteBuf in, int at, int to, int next) {
        int text = at + MessageHeader.HEADER_LENGTH;
        int look = TextLook.of(in, text, to);
        if ((look & MAY_BE_ANSWERED) != 0 && (look & TextLook.MORE) == 0 && to == next) {
            if (leaves(look) && link.isOutsideTransaction()) {
                answer(SessionRefusals.of(look), at, next);
                return true;
            }
            StatementName name = (look & TextLook.FORGETS) == 0 ? null : Deallocate.name(in, text, to);
            if (name != null && isUncertain(name)) {
                return false;
            }
            if (name != null && client.statements().get(name) != null) {
                return deallocate(name, at, next);
            }
        }
        SettingStatement setting = to == next ? SettingText.of(look, in, text, to) : null;
        seen(look, setting, true, in, text, to);
        sent(FrontendType.QUERY);
        noteSetting(setting);
        return true;
    }

    /** The name is the client's, and no server knows it. */
    private boolean deallocate(StatementName name, int at, int next) {
        if (!link.nothingInFlight()) {
            link.waitsForAll();
            return false;
        }
        if (link.isInFailedTransaction()) {
            sent(FrontendType.QUERY); // the server refuses it, whatever the name
            return true;
        }
        client.statements().deallocate(name);
        if (link.isReady()) {
            answer(new CommandComplete("DEALLOCATE"), at, next);
        } else { // it ends the transaction of what came before it without a Sync
            passUpTo(at);
            giveFreed();
            server.write(StatementMessages.deallocateFreed(server.alloc()));
            sent(FrontendType.QUERY);
            link.forgets(true);
            continueAt(next);
        }
        return true;
    }

    private void answer(BackendMessage message, int at, int next) {
        passUpTo(at);
        forgetUnnamed(); // a simple query drops the unnamed statement
        unnamedIsHere = false;
        link.answer(message);
        continueAt(next);
    }

    /** A Parse that passes as it is: the statement may run from now on. */
    void parsePassing(ByteBuf in, int at, int to) {
        int text = in.indexOf(at + MessageHeader.HEADER_LENGTH, to, (byte) 0) + 1; // behind the name
        if (text > 0) {
            seen(TextLook.of(in, text, to), null, false, in, text, to);
        }
    }

    boolean unnamedDeallocates() {
        byte[] body = client.statements().unnamed();
        return body != null && (unnamedLook() & TextLook.FORGETS) != 0 && deallocates(body);
    }

    /** Whether it is a DEALLOCATE of a name that is the client's, and that no server knows. */
    boolean deallocates(PreparedStatement statement) {
        return (statement.look() & TextLook.FORGETS) != 0 && deallocates(statement.body());
    }

    private boolean deallocates(byte[] body) {
        StatementName name = Deallocate.name(Unpooled.wrappedBuffer(body), 0, body.length);
        if (name == null || client.statements().get(name) == null) {
            return false;
        }
        link.deallocatesWhenExecuted(name);
        return true;
    }

    /** Binds a DEALLOCATE of a name that the server is given just before. */
    void bindFreeing(ByteBuf portalWithTerminator, int rest) {
        giveFreed();
        bind(portalWithTerminator, rest, client.statements().freeing());
    }

    private void giveFreed() {
        server.write(StatementMessages.close(server.alloc(), StatementMessages.FREED));
        link.begin(Request.INJECTED_CLOSE);
        server.write(StatementMessages.parse(server.alloc(), StatementMessages.FREED, StatementMessages.NOTHING));
        link.begin(Request.INJECTED_PARSE);
    }

    int unnamedLook() {
        return client.statements().unnamedLook();
    }

    /** A Bind of the unnamed statement passes. */
    void bindUnnamed(boolean toUnnamedPortal) {
        int look = unnamedLook();
        SettingStatement setting = null;
        if (look != 0) {
            byte[] body = client.statements().unnamed();
            ByteBuf text = Unpooled.wrappedBuffer(body == null ? NOTHING : body);
            setting = SettingText.of(look, text, 0, text.readableBytes());
            seen(look, setting, false, text, 0, text.readableBytes());
        }
        sent(FrontendType.BIND);
        portalSetting.bound(toUnnamedPortal, setting);
    }

    /** Whether a Bind of the unnamed statement is refused. */
    boolean refusesUnnamed() {
        return refuses(unnamedLook());
    }

    /** Whether a Bind of the statement is refused: it would leave something in the session for certain. */
    boolean refuses(int look) {
        return leaves(look) && link.isFirstInTransaction();
    }

    void refuse(int look) {
        fail(SessionRefusals.of(look));
    }

    private boolean leaves(int look) {
        int stays = look & TextLook.STAYS;
        return stays != 0 && link.mode.refusesWhatStays() && !(stays == TextLook.LISTEN && client.canListen());
    }

    /** A statement is bound. */
    private void seen(int look, @Nullable SettingStatement setting, byte[] body) {
        if (look != 0) {
            seen(look, setting, false, Unpooled.wrappedBuffer(body), 0, body.length);
        }
    }

    private void seen(int look, @Nullable SettingStatement setting, boolean runs, ByteBuf in, int from, int to) {
        if (look == 0) {
            return;
        }
        if ((look & TextLook.FORGETS) != 0 || setting instanceof SettingStatement.Resets) {
            link.forgets(runs);
        }
        if (setting != null) {
            return; // all that it does is known once it has run
        }
        if ((look & TextLook.SETS_DEFAULT) != 0) {
            link.sessionReset();
        }
        if (!sharing && !watching) {
            return; // the server stays the client's, with what is in its session
        }
        if (sharing && (look & TextLook.FORGETS) != 0 && StatementMessages.namesShared(in, from, to)) {
            link.losesSharedStatement();
        }
        if (watching && (look & (TextLook.SETS | TextLook.SET_CONFIG)) != 0) {
            link.inquiry().sawNames(in, from, to);
        }
        if ((look & TextLook.SET_CONFIG) != 0) {
            link.inquiry().sawSet();
        }
        if (watching && (look & TextLook.UNLISTENS) != 0) {
            link.inquiry().sawUnlisten(in, from, to);
        }
        if ((look & TextLook.MAY_STAY) != 0) {
            link.inquiry().sawWhatMayStay();
        }
    }

    // ---- messages that pass as they are

    boolean looksInto(byte type) {
        return sharing
                && !link.skipping
                && (type == FrontendType.PARSE
                        || type == FrontendType.BIND
                        || type == FrontendType.DESCRIBE
                        || type == FrontendType.CLOSE);
    }

    void sent(byte type) {
        switch (type) {
            case FrontendType.SYNC -> {
                unnamedChangedBefore |= unnamedChanged;
                unnamedChanged = false;
                changes.ahead(true);
                link.sync();
            }
            case FrontendType.QUERY -> {
                if (!link.skipping) {
                    byte[] before = unnamedBefore();
                    forgetUnnamed(); // a simple query drops the unnamed statement
                    changes.ahead(false);
                    link.begin(Request.QUERY);
                    if (before.length > 0) {
                        link.note(before);
                    }
                }
            }
            case FrontendType.FUNCTION_CALL -> {
                changes.ahead(false);
                owe(Request.FUNCTION_CALL);
            }
            case FrontendType.PARSE -> owe(Request.PARSE);
            case FrontendType.BIND -> {
                link.traffic.binds++;
                owe(Request.BIND);
                portalSetting.bound(true, null);
            }
            case FrontendType.DESCRIBE -> owe(Request.DESCRIBE);
            case FrontendType.EXECUTE -> {
                owe(Request.EXECUTE);
                noteSetting(portalSetting.executes());
                link.executes();
            }
            case FrontendType.CLOSE -> owe(Request.CLOSE);
            case FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> link.copyEnds();
            case FrontendType.COPY_DATA, FrontendType.FLUSH -> {}
            default -> throw new ProtocolViolation("invalid frontend message type " + Byte.toUnsignedInt(type));
        }
    }

    /**
     * The client says goodbye. What it asked for before is still done by PostgreSQL, which then reads its Terminate; a
     * server with nothing to do hears of neither.
     */
    void terminate(int to) {
        if (!link.isClean()) {
            passUpTo(to);
            server.flush();
        }
        client.terminated();
    }

    /** A server that skips to Sync answers nothing before it. */
    private void owe(byte request) {
        if (!link.skipping) {
            link.begin(request);
        }
    }

    private void noteSetting(@Nullable SettingStatement setting) {
        if (setting != null && !link.skipping) {
            link.note(setting);
        }
    }

    // ---- the unnamed statement

    /** Passes as it is; the body is kept so that it can be put on another server (null: too long to keep). */
    void parseUnnamed(byte @Nullable [] body, int look) {
        link.traffic.clientParses++;
        link.traffic.serverParses++;
        byte[] before = unnamedBefore();
        client.statements().unnamed(body, look);
        unnamedChanges();
        link.begin(Request.PARSE, before);
    }

    /** A Close of the unnamed statement passes as it is. */
    void closeUnnamed() {
        byte[] before = unnamedBefore();
        forgetUnnamed();
        link.begin(Request.CLOSE, before);
    }

    /** What it becomes again where the server reads over what changes it; {@link #NOTHING} for none, and for a large one. */
    private byte[] unnamedBefore() {
        byte[] body = client.statements().unnamed();
        return body == null || body.length > MOST_REMEMBERED ? NOTHING : body;
    }

    void forgetUnnamed() {
        if (sharing) {
            client.statements().unnamed(null, 0);
            unnamedChanges();
        }
    }

    /** What the client calls so is here from now on, unless the server reads over it. */
    private void unnamedChanges() {
        unnamedIsHere = true;
        unnamedChanged = true;
    }

    /**
     * The client is about to use its unnamed statement, which may have been left on another server. False when that must
     * wait: an error may still come that makes the server read over what has made it another one, and what the server
     * holds without a name then is another client's.
     */
    boolean beforeUnnamed(int at) {
        boolean changed = unnamedChangedBefore && !unnamedChanged && !link.nothingInFlight();
        if (changed || (unnamedLook() & TextLook.FORGETS) != 0 && changes.isAnyPartAhead()) {
            link.waitsForAll();
            return false;
        }
        unnamedChangedBefore &= unnamedChanged;
        if (unnamedIsHere) {
            return true;
        }
        passUpTo(at);
        byte[] body = client.statements().unnamed();
        if (body == null) {
            // What the server holds under no name is another client's.
            fail(ErrorResponse.error(
                    SqlStates.INVALID_SQL_STATEMENT_NAME, "unnamed prepared statement does not exist"));
        } else {
            link.traffic.serverParses++;
            server.write(StatementMessages.parse(server.alloc(), StatementMessages.UNNAMED, body));
            link.begin(Request.INJECTED_PARSE);
        }
        unnamedChanges();
        return true;
    }

    /** The server skipped something: which unnamed statement it holds now is not known. */
    void unnamedIsUncertain() {
        unnamedIsHere = false;
    }

    // ---- named statements

    @Nullable
    PreparedStatement find(ByteBuf in, int name, int length) {
        return client.statements().find(in, name, length);
    }

    /** Whether an earlier part, not answered yet, decides what the client's name means: then what uses it waits. */
    boolean isUncertain(ByteBuf in, int name, int length) {
        return changes.mayBeUncertain() && isUncertain(client.statements().probe(in, name, length));
    }

    /** The same of a name, or of whether the server holds a statement. */
    private boolean isUncertain(Object what) {
        boolean uncertain = changes.isUncertain(what);
        if (uncertain) {
            link.waitsForAll();
        }
        return uncertain;
    }

    /**
     * Whether an earlier part decides if the server holds the statement, or the one that would have to go for it; or what a
     * DEALLOCATE is that is bound. Then it waits.
     */
    boolean waitsFor(PreparedStatement statement) {
        if ((statement.look() & TextLook.FORGETS) != 0 && changes.isAnyPartAhead()) {
            link.waitsForAll();
            return true;
        }
        if (!changes.mayBeUncertain()) {
            return false;
        }
        if (server.statements().touch(statement)) {
            return isUncertain(statement);
        }
        PreparedStatement oldest = server.statements().nextToGo(1);
        return isUncertain(statement) || oldest != null && isUncertain(oldest);
    }

    /** False when it must wait. */
    boolean parse(StatementName name, byte[] body) {
        if (isUncertain(name)) {
            return false;
        }
        if (client.statements().get(name) != null) {
            link.traffic.clientParses++;
            check(body); // PostgreSQL finds what is wrong with the text first
            fail(ErrorResponse.error(
                    SqlStates.DUPLICATE_PREPARED_STATEMENT, "prepared statement \"" + name + "\" already exists"));
            return true;
        }
        if (!client.statements().isRoomFor(name.length(), body)) {
            link.traffic.clientParses++;
            fail(ErrorResponse.error(SqlStates.OUT_OF_MEMORY, "too much memory is taken by prepared statements")
                    .withHint("Close those that are no longer needed; the operator's limits are"
                            + " limits.maxStatementMemoryPerClient and limits.maxStatementMemory."));
            return true;
        }
        PreparedStatement statement = client.statements().put(name, body);
        if (waitsFor(statement)) {
            client.statements().deallocate(name);
            return false;
        }
        link.traffic.clientParses++;
        parse(new Named(name, statement));
        return true;
    }

    private void parse(Named named) {
        if (server.statements().touch(named.statement())) {
            if (changes.isTransactionUncertain()) {
                check(named.statement().body()); // in a failed transaction it is refused
            }
            answer(Request.ANSWERED_PARSE, named);
        } else {
            putOnServer(named.statement());
            link.begin(Request.PARSE, named);
            changes.add(named.name());
            makeRoom();
        }
    }

    /**
     * The server says what it thinks of a text; its ParseComplete is for nobody. The Close in front is for what a statement
     * timeout between the two others has left.
     */
    private void check(byte[] body) {
        link.traffic.serverParses++;
        closeChecked();
        server.write(StatementMessages.parse(server.alloc(), StatementMessages.CHECKED, body));
        link.begin(Request.INJECTED_PARSE);
        closeChecked();
    }

    private void closeChecked() {
        server.write(StatementMessages.close(server.alloc(), StatementMessages.CHECKED));
        link.begin(Request.INJECTED_CLOSE);
    }

    /** What a Parse or Close in flight must remember, to be undone if the server fails before it or at it. */
    record Named(StatementName name, PreparedStatement statement) {}

    private void putOnServer(PreparedStatement statement) {
        link.traffic.serverParses++;
        server.statements().add(statement);
        changes.add(statement);
        server.write(StatementMessages.parse(server.alloc(), statement.serverName(), statement.body()));
    }

    private void makeRoom() {
        PreparedStatement evicted = server.statements().nextToGo(0);
        while (evicted != null && !changes.isUncertain(evicted)) {
            server.statements().evict(evicted);
            server.write(StatementMessages.close(server.alloc(), evicted.serverName()));
            link.begin(Request.INJECTED_CLOSE, evicted);
            changes.add(evicted);
            evicted = server.statements().nextToGo(0);
        }
    }

    private void ensureOnServer(PreparedStatement statement) {
        if (!server.statements().touch(statement)) {
            putOnServer(statement);
            link.begin(Request.INJECTED_PARSE, statement);
            makeRoom();
        }
    }

    /** The client has no statement of this name. */
    void unknown(StatementName name) {
        fail(ErrorResponse.error(
                SqlStates.INVALID_SQL_STATEMENT_NAME, "prepared statement \"" + name + "\" does not exist"));
    }

    void bind(ByteBuf portalWithTerminator, int rest, PreparedStatement statement) {
        portalSetting.bound(portalWithTerminator.readableBytes() == 1, statement.setting());
        ensureOnServer(statement);
        server.write(StatementMessages.bind(server.alloc(), portalWithTerminator, statement.serverName(), rest));
        link.traffic.binds++;
        seen(statement.look(), statement.setting(), statement.body());
        link.begin(Request.BIND, statement);
    }

    void describe(PreparedStatement statement) {
        ensureOnServer(statement);
        server.write(StatementMessages.describe(server.alloc(), statement.serverName()));
        link.begin(Request.DESCRIBE, statement);
    }

    /** The server keeps its copy for others. To close what is not there is no error. False when it must wait. */
    boolean close(StatementName name) {
        if (isUncertain(name)) {
            return false;
        }
        PreparedStatement statement = client.statements().take(name);
        answer(Request.ANSWERED_CLOSE, statement == null ? null : new Named(name, statement));
        return true;
    }

    /** What the server need not see is answered in its turn: at once when nothing is before it. */
    private void answer(byte request, @Nullable Named note) {
        boolean atOnce = link.nothingInFlight() && link.answers().betweenMessages();
        if (note == null) {
            link.begin(request);
        } else {
            link.begin(request, note);
            if (!atOnce) {
                changes.add(note.name());
            }
        }
        if (atOnce) {
            link.answers().settle();
            client.flush();
        }
    }

    /** Makes the server fail here, so that it skips to Sync and loses its transaction; the client reads our error. */
    private void fail(ErrorResponse error) {
        server.write(StatementMessages.describe(server.alloc(), NO_SUCH_STATEMENT));
        link.begin(Request.FAILING, error);
    }
}

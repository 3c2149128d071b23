package dev.postern.gateway.relay;

import dev.postern.gateway.pool.CloseReason;
import dev.postern.gateway.protocol.BackendMessage;
import dev.postern.gateway.protocol.DataRow;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.MessageWriter;
import dev.postern.gateway.protocol.ParameterStatus;
import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client and a server joined for a checkout. Knows what is in flight and in which state the transaction is, hence when
 * the server is clean; {@link Requests} and {@link Answers} do the two directions. Lives on the one event loop that both
 * connections live on.
 */
public final class Link {
    /**
     * With so many requests in flight the client is not read from until half of them are answered. The gateway answers
     * some itself, behind a long query: then no back pressure of the server's would bound what is remembered for them.
     */
    static final int MOST_IN_FLIGHT = 10_000;

    private final ClientEnd client;
    private final ServerEnd server;
    private final ClientStream clientStream;
    private final ServerStream serverStream;
    private final InFlight inFlight;
    private final Requests requests;
    private final Answers answers;
    private final Inquiry inquiry;
    private final StartupRestore startupRestore;
    final LinkMode mode;
    final Traffic traffic;

    /** An error came in a pipeline whose Sync has not: the server reads over everything up to it. */
    boolean skipping;
    /** The server takes COPY data: it reads over Sync. */
    boolean copyingIn;
    /** It has read over a Sync, unless it failed before it came to it. */
    private boolean syncReadOver;

    /** The statement is bound whose execution is a DEALLOCATE of this name. */
    private @Nullable StatementName deallocates;

    /** A statement is bound whose execution is one of DISCARD or DEALLOCATE. */
    private boolean forgetsWhenExecuted;
    /** Such a statement is in flight: which statements the server holds will be known with its answer. */
    private boolean forgetting;
    /** The client is not read from: too much is in flight, or what it sent waits for answers. */
    private boolean clientHeldBack;

    private boolean inDoubt;
    /** The client has named a statement as the server knows it, to drop it: others may have the same. */
    private boolean sharedStatementLost;

    private byte status = 'I';
    private boolean ready;
    private boolean ended;
    /** The transaction has changed what statements may mean: for others that holds from its end on. */
    private boolean schemaChanged;

    private boolean fatalPassed;
    private boolean serverEnds;
    private long requestSince;
    private long transactionSince;
    private long lastTransactionNanos;
    private Consumer<Optional<ErrorResponse>> internalDone = error -> {};
    private boolean internalAnswered;
    private Optional<ErrorResponse> internalError = Optional.empty();
    private Consumer<DataRow> internalRows = row -> {};

    /**
     * Joins them. The server must be clean.
     *
     * @param clientStream the client's own, kept from link to link
     * @param parts the server's own, used by one link at a time
     */
    public Link(ClientEnd client, ClientStream clientStream, ServerEnd server, ServerParts parts, LinkMode mode) {
        this.client = client;
        this.clientStream = clientStream;
        this.server = server;
        this.serverStream = parts.stream();
        this.inFlight = parts.inFlight();
        this.traffic = parts.traffic();
        this.requestSince = System.nanoTime();
        this.transactionSince = requestSince;
        this.mode = mode;
        this.inquiry = new Inquiry(this);
        this.startupRestore = new StartupRestore(this);
        this.requests = new Requests(this);
        this.answers = new Answers(this, inFlight);
    }

    // ---- for the two connections

    /** Bytes from the client; takes the buffer over. Nothing is sent before {@link #flushToServer}. */
    public void fromClient(ByteBuf bytes) {
        traffic.bytesFromClients += bytes.readableBytes();
        clientStream.read(bytes, requests);
        if (ended) {
            return;
        }
        if (inFlight.size() > MOST_IN_FLIGHT && clientStream.atBoundary()) {
            requests.waits();
        } else if (isClean()) { // the end of a message that its server no longer waited for
            client.ready(this);
        }
    }

    public void flushToServer() {
        server.flush();
    }

    /** Bytes from the server; takes the buffer over. Nothing is sent before {@link #flushToClient}. */
    public void fromServer(ByteBuf bytes) {
        traffic.bytesFromServers += bytes.readableBytes();
        serverStream.read(bytes, answers);
    }

    /** The error that the server asked about is no sign of a role that is gone: it goes to the client, and what came after it. */
    public void errorIsTheClients() {
        serverStream.goOn(answers);
        if (!ended) {
            client.flush();
        }
    }

    public void flushToClient() {
        client.flush();
    }

    public ServerEnd server() {
        return server;
    }

    public ClientEnd client() {
        return client;
    }

    /** Whether the client may not be read from, though its server takes more bytes. */
    public boolean holdsClientBack() {
        return clientHeldBack;
    }

    /** The server said that it is ready, outside a transaction; nothing is in flight, no message half way. */
    public boolean isClean() {
        return ready && status == 'I' && inFlight.isEmpty() && clientStream.atBoundary() && serverStream.atBoundary();
    }

    /**
     * A COPY has failed that a Sync was sent into, and the server may have seen the Sync before the failure or after it:
     * perhaps it owes one ReadyForQuery more. Or it has said its last words, or lost a statement that is shared. It must
     * not be lent to another client.
     */
    public boolean isInDoubt() {
        return inDoubt || serverEnds || sharedStatementLost;
    }

    /** Why. */
    public CloseReason doubt() {
        if (serverEnds) {
            return CloseReason.SERVER_GONE;
        }
        return inDoubt ? CloseReason.PROTOCOL_VIOLATION : CloseReason.UNCLEAN;
    }

    /** In a transaction with nothing in flight: the server waits for the client. */
    public boolean isIdleInTransaction() {
        return status != 'I' && inFlight.isEmpty();
    }

    /** Something is in flight, the client's or the gateway's own. */
    public boolean isBusy() {
        return !inFlight.isEmpty();
    }

    /** What the server works on is the client's, and can be canceled by it. */
    public boolean worksForClient() {
        return isBusy() && inFlight.peek() != Request.INTERNAL_QUERY;
    }

    /** When the oldest request in flight was sent, or the last one if none is; {@link System#nanoTime}. */
    public long requestSince() {
        return requestSince;
    }

    /** When the transaction began; {@link System#nanoTime}. */
    public long transactionSince() {
        return transactionSince;
    }

    /** How long the last transaction took, in nanoseconds. */
    public long lastTransactionNanos() {
        return lastTransactionNanos;
    }

    /** The server connection has ended. */
    public void serverGone() {
        client.serverLost(fatalPassed);
    }

    /** Parts the two: nothing is passed any more. A server that is not clean must be closed by the caller. */
    public void end() {
        ended = true;
        inquiry.linkEnds();
        releaseNotes();
        inFlight.clear();
    }

    /** Statements that are nobody's but a Close's on its way. */
    private void releaseNotes() {
        for (int i = 0; i < inFlight.size(); i++) {
            Object note = inFlight.noteAt(i);
            if (inFlight.at(i) == Request.ANSWERED_CLOSE && note instanceof Requests.Named closed) {
                client.statements().forgotten(closed.statement());
            } else if (inFlight.at(i) == Request.INJECTED_CLOSE && note instanceof PreparedStatement evicted) {
                server.statements().evicted(evicted);
            }
        }
    }

    boolean ended() {
        return ended;
    }

    // ---- the gateway's own queries

    /**
     * Runs a query of the gateway's own on a server that has nothing in flight. No answer reaches the client; the
     * consumer gets the first error, if any, when the server is ready again.
     *
     * @param sql ASCII
     */
    public void internalQuery(String sql, Consumer<Optional<ErrorResponse>> done) {
        internalQuery(sql, row -> {}, done);
    }

    void internalQuery(String sql, Consumer<DataRow> rows, Consumer<Optional<ErrorResponse>> done) {
        internalDone = done;
        internalError = Optional.empty();
        internalRows = rows;
        ByteBuf message = server.alloc().buffer();
        MessageWriter.writeQuery(message, sql);
        begin(Request.INTERNAL_QUERY);
        requests.unnamedIsUncertain(); // a simple query drops the unnamed statement
        server.write(message);
        server.flush();
    }

    /** Puts the client's settings on the server where they differ; true when there was nothing to do. */
    public boolean applySettings(Consumer<Optional<ErrorResponse>> done) {
        SessionSettings wanted = client.settings();
        SessionSettings there = server.settings();
        if (server.areSettingsUnknown()) {
            internalQuery(SettingsChange.fromUnknown(wanted), settled(wanted, done));
            return false;
        }
        if (wanted != there && !wanted.equals(there)) {
            internalQuery(SettingsChange.between(there, wanted), settled(wanted, done));
            return false;
        }
        server.settings(wanted);
        return true;
    }

    private Consumer<Optional<ErrorResponse>> settled(SessionSettings wanted, Consumer<Optional<ErrorResponse>> done) {
        return error -> {
            if (error.isEmpty()) {
                server.settings(wanted);
            }
            done.accept(error);
        };
    }

    void internalRow(DataRow row) {
        internalRows.accept(row);
    }

    void internalFailed(ErrorResponse error) {
        if (internalError.isEmpty()) {
            internalError = Optional.of(error);
        }
    }

    /** The consumer is called when all that came together with the answer has been read. */
    void internalAnswered(byte newStatus) {
        status = newStatus;
        ready = inFlight.isEmpty(); // a client may have sent more while its settings were asked for
        internalAnswered = true;
    }

    // ---- told by Requests

    void begin(byte request) {
        if (inFlight.isEmpty()) {
            requestSince = System.nanoTime();
            if (status == 'I') {
                transactionSince = requestSince;
            }
        }
        ready = false;
        inFlight.add(request);
    }

    void begin(byte request, Object note) {
        begin(request);
        note(note);
    }

    /** What the request that was begun last must remember. */
    void note(Object note) {
        inFlight.note(note);
    }

    void sync() {
        if (copyingIn) {
            syncReadOver = true;
        } else {
            skipping = false;
            forgetting |= startupRestore.isWanted(); // behind a RESET: what comes next waits for the settings
            begin(Request.SYNC);
        }
    }

    /** CopyDone or CopyFail: the end of the COPY that runs, or of one that the server has not come to yet, or of none. */
    void copyEnds() {
        if (copyingIn) {
            copyingIn = false;
        } else if (!inFlight.isEmpty()) {
            inFlight.add(Request.COPY_END);
        }
    }

    /** With the next Execute this name of the client's is free. */
    void deallocatesWhenExecuted(StatementName name) {
        deallocates = name;
    }

    void deallocated() {
        StatementName name = deallocates;
        deallocates = null;
        if (name != null) {
            client.statements().deallocate(name);
        }
    }

    /** The server may hold fewer statements than we know of. */
    void losesSharedStatement() {
        sharedStatementLost = true;
    }

    /** What comes next must wait until all that is in flight is answered. */
    void waitsForAll() {
        forgetting = true;
    }

    /** DISCARD or DEALLOCATE runs now, or with the next Execute. */
    void forgets(boolean now) {
        if (now) {
            forgetting = true;
        } else {
            forgetsWhenExecuted = true;
        }
    }

    void executes() {
        forgetting |= forgetsWhenExecuted;
        forgetsWhenExecuted = false;
    }

    /** ReadyForQuery was the last that the server had to say, and nothing was sent since. */
    boolean isReady() {
        return ready;
    }

    /** Whether nothing more may be sent before all that is in flight is answered. */
    boolean mustWait() {
        if (forgetting && inFlight.isEmpty()) {
            forgetting = false;
        }
        // A server that takes COPY data waits for the client.
        return forgetting && !copyingIn || startupRestore.isRunning() || mustRestore();
    }

    /** RESET or DISCARD ALL has run, and nothing else has since. */
    private boolean mustRestore() {
        return startupRestore.isWanted() && ready && status != 'E' && inFlight.isEmpty();
    }

    void holdClientBack() {
        if (!clientHeldBack) {
            clientHeldBack = true;
            client.setReading(false);
        }
    }

    /** Enough is answered for the client to go on. */
    private void letClientGoOn() {
        boolean waits = mustWait();
        if (!clientHeldBack || waits || inFlight.size() > MOST_IN_FLIGHT / 2) {
            return;
        }
        clientHeldBack = false;
        client.setReading(server.isWritable());
        clientStream.resume(requests);
        if (!ended) {
            server.flush();
        }
    }

    boolean nothingInFlight() {
        return inFlight.isEmpty();
    }

    /** Whether a simple query that comes now would be a transaction of its own. */
    boolean isOutsideTransaction() {
        return status == 'I' && inFlight.isEmpty();
    }

    /** The same for the next Execute of a pipeline, of which nothing has run yet. */
    boolean isFirstInTransaction() {
        boolean first = status == 'I';
        for (int i = 0; first && i < inFlight.size(); i++) {
            first = Request.runsNothing(inFlight.at(i));
        }
        return first;
    }

    boolean isInFailedTransaction() {
        return status == 'E';
    }

    /** A simple query is answered here: the server need not see it. Nothing is in flight. */
    void answer(BackendMessage only) {
        ByteBuf message = server.alloc().buffer();
        only.encode(message);
        MessageWriter.writeReadyForQuery(message, status);
        client.write(message);
        client.flush();
        ready = true;
    }

    public Inquiry inquiry() {
        return inquiry;
    }

    Answers answers() {
        return answers;
    }

    // ---- told by Answers

    Requests requests() {
        return requests;
    }

    /** Something of the gateway's own may be put in for the client. */
    public boolean betweenMessages() {
        return serverStream.betweenMessages();
    }

    /**
     * The server takes COPY data for the oldest request: it reads over the Syncs that were sent before the COPY's end
     * (copyfromparse.c, CopyGetData), and they will never be answered.
     */
    void copyInBegins() {
        int syncs = 0;
        while (inFlight.at(1 + syncs) == Request.SYNC) {
            syncs++;
        }
        boolean endWasSent = inFlight.at(1 + syncs) == Request.COPY_END;
        inFlight.removeBehindHead(endWasSent ? syncs + 1 : syncs);
        copyingIn = !endWasSent;
        syncReadOver |= syncs > 0;
    }

    /** The server has read all of a COPY, if there was one. */
    void succeeded() {
        syncReadOver = false;
        ranInPart();
    }

    /** As many rows as were asked for have come, and there may be more. */
    void ranInPart() {
        startupRestore.sawStatement();
    }

    /** The oldest request failed. */
    void failed() {
        copyingIn = false;
        rolledBack(); // all of it: a COMMIT that fails has no other tag
        startupRestore.sawStatement();
        if (syncReadOver) {
            inDoubt = true;
        }
    }

    /** A ReadyForQuery that nothing in flight explains: the answer to a Sync that was not read over after all. */
    boolean isExplainedByDoubt() {
        boolean explained = inDoubt && skipping && inFlight.isEmpty();
        if (explained) {
            skipping = false;
        }
        return explained;
    }

    /** The server has said its last words. True when nobody need hear them: nothing was asked of it, nothing is lost. */
    boolean endsUnheard() {
        serverEnds = true;
        boolean unheard = ready && status == 'I' && inFlight.isEmpty() && !client.keepsServer();
        fatalPassed = !unheard;
        return unheard;
    }

    void readyForQuery(byte newStatus) {
        status = newStatus;
        copyingIn = false;
        syncReadOver = false;
        deallocates = null;
        ready = inFlight.isEmpty();
        long now = System.nanoTime();
        traffic.queries++;
        traffic.queryTime += now - requestSince;
        requestSince = now;
        if (newStatus == 'I') {
            inquiry.transactionEnds();
            if (schemaChanged) {
                schemaChanged = false;
                client.statements().allOutdated();
            }
            traffic.transactions++;
            lastTransactionNanos = now - transactionSince;
            traffic.transactionTime += lastTransactionNanos;
            transactionSince = now;
        }
    }

    /** All that was read has been passed on. */
    void answersRead() {
        if (internalAnswered && serverStream.atBoundary()) {
            internalAnswered = false;
            internalDone.accept(internalError);
        }
        if (!ended && mustRestore() && serverStream.atBoundary()) {
            client.flush(); // its answer does not wait for this
            if (!ended) { // or the client was found gone
                startupRestore.run(status != 'I');
            }
            return;
        }
        if (clientHeldBack && !ended) {
            letClientGoOn();
        }
        if (!ended && isClean()) {
            client.ready(this);
        }
    }

    /** False when the report is not for the client: the setting will have its startup packet's value again. */
    boolean settingReported(String name, String value) {
        if (startupRestore.withholds(name, value)) {
            return false;
        }
        reported(name, value);
        return true;
    }

    private void reported(String name, String value) {
        boolean initially = value.equals(server.initially(name));
        SessionSettings clients = client.settings();
        client.settings(initially ? clients.without(name) : clients.with(name, value));
        if (server.areSettingsUnknown()) {
            return; // and stay so
        }
        SessionSettings servers = server.settings();
        SessionSettings changed = initially ? servers.without(name) : servers.with(name, value);
        server.settings(changed.equals(client.settings()) ? client.settings() : changed);
    }

    void internalReported(ParameterStatus status) {
        startupRestore.reportedMeanwhile(status);
    }

    /** Tells the client what one of them is now. */
    void tellOfSetting(String name, String value) {
        if (SessionSettings.isReported(name)) {
            reported(name, value);
            ByteBuf message = server.alloc().buffer();
            new ParameterStatus(name, value).encode(message);
            client.write(message);
            client.flush();
        }
    }

    /** A SET or RESET of which the text said all. */
    void ran(SettingStatement statement) {
        inquiry.ran(statement);
        startupRestore.ran(statement);
    }

    void rolledBack() {
        startupRestore.sawRollback();
        inquiry.sawRollback();
    }

    void sessionReset() {
        inquiry.sawSet();
        startupRestore.sawReset();
    }

    /**
     * Plans of before may be wrong now, on every server of the pool. A client that prepares a text again, as drivers do after
     * DDL, gets a new plan from PostgreSQL, so it must not be given a copy that an earlier Parse has left somewhere.
     */
    void sawDdl() {
        schemaChanged = true;
        client.statements().allOutdated();
    }

    void statementsDiscarded() {
        Map<StatementName, PreparedStatement> ofClient = new HashMap<>();
        Set<PreparedStatement> onServer = new HashSet<>();
        for (int i = 1; i < inFlight.size(); i++) {
            byte request = inFlight.at(i);
            if (inFlight.noteAt(i) instanceof Requests.Named named && request != Request.ANSWERED_CLOSE) {
                ofClient.put(named.name(), named.statement());
                if (request == Request.PARSE) {
                    onServer.add(named.statement());
                }
            } else if (request == Request.INJECTED_PARSE && inFlight.noteAt(i) instanceof PreparedStatement statement) {
                onServer.add(statement);
            }
        }
        client.statements().clearNamedBut(ofClient);
        server.statements().clearBut(onServer);
    }

    void sessionDiscarded() {
        statementsDiscarded();
        client.settings(client.startupSettings());
        server.settings(SessionSettings.NONE);
        inquiry.sessionDiscarded();
        startupRestore.sawDiscard();
    }
}

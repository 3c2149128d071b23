package dev.postern.gateway.backend;

import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.relay.ClientEnd;
import dev.postern.gateway.relay.ClientStatements;
import dev.postern.gateway.relay.Link;
import dev.postern.gateway.relay.SessionSettings;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.StatementMemory;
import io.netty.buffer.ByteBuf;

/** The other end of a link when the gateway itself talks to a server: nobody reads, nobody asks. */
final class NoClient implements ClientEnd {
    private final Runnable lost;

    NoClient(Runnable lost) {
        this.lost = lost;
    }

    @Override
    public void write(ByteBuf messages) {
        messages.release();
    }

    @Override
    public void flush() {}

    @Override
    public ClientStatements statements() {
        return new ClientStatements(new StatementCache(new StatementMemory()));
    }

    @Override
    public SessionSettings settings() {
        return SessionSettings.NONE;
    }

    @Override
    public void settings(SessionSettings changed) {}

    @Override
    public SessionSettings startupSettings() {
        return SessionSettings.NONE;
    }

    @Override
    public void settingsLost(ErrorResponse error) {}

    @Override
    public void ready(Link link) {}

    @Override
    public void serverLost(boolean told) {
        lost.run();
    }

    @Override
    public void credentialEnded() {}

    @Override
    public void setReading(boolean reading) {}

    @Override
    public void terminated() {}

    @Override
    public void violated(ProtocolViolation violation) {}
}

package dev.postern.gateway.backend;

import dev.postern.gateway.relay.ClientStatements;
import dev.postern.gateway.relay.InternalClient;
import dev.postern.gateway.relay.StatementCache;
import dev.postern.gateway.relay.StatementMemory;
import io.netty.buffer.ByteBuf;

/** The other end of a link when the gateway itself talks to a server: nobody reads, nobody asks. */
final class NoClient implements InternalClient {
    private final Runnable lost;

    NoClient(Runnable lost) {
        this.lost = lost;
    }

    @Override
    public void write(ByteBuf messages) {
        messages.release();
    }

    @Override
    public ClientStatements statements() {
        return new ClientStatements(new StatementCache(new StatementMemory()));
    }

    @Override
    public void serverLost(boolean told) {
        lost.run();
    }

    @Override
    public void credentialEnded() {}
}

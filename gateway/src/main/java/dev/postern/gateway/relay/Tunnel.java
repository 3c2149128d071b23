package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/**
 * A client and a server connection that belongs to it alone: bytes go both ways as they come, and nobody looks into them.
 * For replication, whose streams are in a protocol of their own. Used on the pool's loop.
 */
public final class Tunnel {
    private final LentServer server;
    private final Client client;
    private final String kind;
    private final MessageBoundary boundary = new MessageBoundary();
    private final Traffic traffic;

    /** The client's side. */
    public interface Client {
        /** Takes the buffer over; sent with the next {@link #flush()}. */
        void write(ByteBuf bytes);

        void flush();

        /** The server takes no more bytes for now, or does again. */
        void setReading(boolean reading);

        /** The server connection is closed. */
        void serverGone();

        /** The credential of the server connection has ended; the connection is about to be closed. */
        void credentialEnded();
    }

    /** @param kind in PgBouncer's words: {@code logical} or {@code physical} */
    public Tunnel(LentServer server, Client client, String kind) {
        this.server = server;
        this.client = client;
        this.kind = kind;
        this.traffic = server.parts().traffic();
    }

    public String kind() {
        return kind;
    }

    public void fromClient(ByteBuf bytes) {
        traffic.bytesFromClients += bytes.readableBytes();
        server.write(bytes);
    }

    public void flushToServer() {
        server.flush();
    }

    public void fromServer(ByteBuf bytes) {
        traffic.bytesFromServers += bytes.readableBytes();
        boundary.passes(bytes);
        client.write(bytes);
    }

    public void flushToClient() {
        client.flush();
    }

    /** The server takes no more bytes for now, or does again. */
    public void serverWritable(boolean writable) {
        client.setReading(writable);
    }

    public void serverGone() {
        client.serverGone();
    }

    public void credentialEnded() {
        client.credentialEnded();
    }

    /** What the server has sent so far ends with a whole message: one of the gateway's own may follow. */
    public boolean betweenMessages() {
        return boundary.betweenMessages();
    }
}

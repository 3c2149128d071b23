package dev.postern.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocket;

/** A client's connection to an {@link EchoServer} that stays open. */
record OpenConnection(SSLSocket socket) implements AutoCloseable {
    /** Sends a line and reads it back. */
    void echo() throws IOException {
        byte[] line = "hello\n".getBytes(StandardCharsets.US_ASCII);
        socket.getOutputStream().write(line);
        if (socket.getInputStream().readNBytes(line.length).length != line.length) {
            throw new IOException("connection closed by the server");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package dev.postern.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** ClientHellos as the JDK writes them. */
final class Hellos {
    private Hellos() {}

    /** One record. */
    static byte[] record(Consumer<SSLParameters> parameters) {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine();
            engine.setUseClientMode(true);
            SSLParameters p = engine.getSSLParameters();
            parameters.accept(p);
            engine.setSSLParameters(p);
            ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            engine.wrap(ByteBuffer.allocate(0), out);
            return Arrays.copyOf(out.array(), out.position());
        } catch (GeneralSecurityException | SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] record(String serverName, String... alpn) {
        return record(p -> {
            p.setServerNames(List.of(new SNIHostName(serverName)));
            p.setApplicationProtocols(alpn);
        });
    }

    /** Without record and handshake header. */
    static ByteBuffer body(byte[] record) {
        return ByteBuffer.wrap(record, 9, record.length - 9).slice();
    }

    static ClientHello hello(Consumer<SSLParameters> parameters) {
        return ClientHello.parse(body(record(parameters)));
    }

    /** The same message in records of at most this many bytes. */
    static ByteBuf fragmented(byte[] record, int size) {
        ByteBuf out = Unpooled.buffer();
        for (int at = 5; at < record.length; at += size) {
            int length = Math.min(size, record.length - at);
            out.writeBytes(record, 0, 3).writeShort(length).writeBytes(record, at, length);
        }
        return out;
    }
}

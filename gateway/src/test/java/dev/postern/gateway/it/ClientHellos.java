package dev.postern.gateway.it;

import dev.postern.gateway.it.harness.Certificates;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/** First messages of TLS handshakes, as bytes. */
final class ClientHellos {
    private ClientHellos() {}

    /** @param alpn whether it offers {@code postgresql} */
    static byte[] of(boolean alpn) {
        SSLEngine engine = Certificates.shared().clientContext().createSSLEngine("localhost", 5432);
        engine.setUseClientMode(true);
        if (alpn) {
            var parameters = engine.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"postgresql"});
            engine.setSSLParameters(parameters);
        }
        ByteBuffer out = ByteBuffer.allocate(1 << 15);
        try {
            engine.wrap(ByteBuffer.allocate(0), out);
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
        return Arrays.copyOf(out.array(), out.position());
    }
}

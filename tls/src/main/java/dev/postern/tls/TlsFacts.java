package dev.postern.tls;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What a finished handshake agreed on. Read once, on the channel's event loop, after the handshake.
 *
 * @param protocol for example {@code TLSv1.3}
 * @param cipher the suite's IANA name
 * @param resumed whether an earlier session was taken up again, without a full handshake
 * @param serverName the name the client asked for (SNI), lower case; on our own connections to servers, the one we sent
 * @param alpnProtocol the protocol agreed on by ALPN
 * @param peerCertificate the peer's certificate. From a client it has been verified; from a server as far as its sslmode
 *     asks for that
 * @param ownCertificate the certificate we sent: the one a client binds its channel to
 */
public record TlsFacts(
        String protocol,
        String cipher,
        boolean resumed,
        Optional<String> serverName,
        Optional<String> alpnProtocol,
        Optional<X509Certificate> peerCertificate,
        Optional<X509Certificate> ownCertificate) {

    /** The facts of the TLS handler in a pipeline; empty where there is none, or its handshake is not done. */
    public static Optional<TlsFacts> of(ChannelPipeline pipeline) {
        SslHandler handler = pipeline.get(SslHandler.class);
        if (handler == null || !handler.handshakeFuture().isSuccess()) {
            return Optional.empty();
        }
        SSLSession session = handler.engine().getSession();
        return Optional.of(new TlsFacts(
                session.getProtocol(),
                session.getCipherSuite(),
                resumed(handler.engine()),
                serverName(session),
                Optional.ofNullable(handler.applicationProtocol()),
                peerCertificate(session),
                first(session.getLocalCertificates())));
    }

    /** Version and cipher for people, as {@code TLSv1.3/TLS_AES_256_GCM_SHA384}; empty without TLS. Costs no certificate. */
    public static String describe(ChannelPipeline pipeline) {
        SslHandler handler = pipeline.get(SslHandler.class);
        if (handler == null || !handler.handshakeFuture().isSuccess()) {
            return "";
        }
        SSLSession session = handler.engine().getSession();
        return session.getProtocol() + "/" + session.getCipherSuite();
    }

    private static boolean resumed(SSLEngine engine) {
        if (engine instanceof ReferenceCountedOpenSslEngine openSsl) {
            long ssl = openSsl.sslPointer();
            return ssl != 0 && SSL.isSessionReused(ssl);
        }
        return false;
    }

    private static Optional<String> serverName(SSLSession session) {
        if (!(session instanceof ExtendedSSLSession extended)) {
            return Optional.empty();
        }
        try {
            List<SNIServerName> names = extended.getRequestedServerNames();
            return names.stream()
                    .filter(SNIHostName.class::isInstance)
                    .map(name -> CertificateNames.normalize(((SNIHostName) name).getAsciiName()))
                    .findFirst();
        } catch (IllegalArgumentException notAHostName) {
            // A client may send any bytes; what is no host name names no server.
            return Optional.empty();
        }
    }

    private static Optional<X509Certificate> peerCertificate(SSLSession session) {
        try {
            return first(session.getPeerCertificates());
        } catch (SSLPeerUnverifiedException none) {
            return Optional.empty();
        }
    }

    private static Optional<X509Certificate> first(Certificate @Nullable [] chain) {
        return chain != null && chain.length > 0 && chain[0] instanceof X509Certificate x509
                ? Optional.of(x509)
                : Optional.empty();
    }
}

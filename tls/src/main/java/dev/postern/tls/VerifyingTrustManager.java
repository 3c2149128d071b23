package dev.postern.tls;

import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.handler.ssl.ResumableX509ExtendedTrustManager;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The JDK's verification of certificates, with refusals in words an operator can act on and with the right TLS alert.
 * Peers that resume a session are verified anew: since they were first, their certificate may have expired or been
 * revoked.
 */
final class VerifyingTrustManager extends X509ExtendedTrustManager implements ResumableX509ExtendedTrustManager {
    /** The JDK looks at the kind of key exchange for servers alone. */
    private static final String ANY_AUTH_TYPE = "UNKNOWN";

    private final X509ExtendedTrustManager jdk;
    private final String authorities;

    /** @param authorities where the trusted certificates come from, for messages */
    VerifyingTrustManager(X509ExtendedTrustManager jdk, String authorities) {
        this.jdk = jdk;
        this.authorities = authorities;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        try {
            jdk.checkClientTrusted(chain, authType, engine);
        } catch (CertificateException e) {
            throw refusal(chain, "", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        try {
            jdk.checkServerTrusted(chain, authType, engine);
        } catch (CertificateException e) {
            String host = engine.getPeerHost();
            throw refusal(chain, host == null ? "" : host, e);
        }
    }

    /** After the handshake there is no handshake session, so the JDK is not given the engine, which it would ask for one. */
    @Override
    public void resumeClientTrusted(X509Certificate[] chain, SSLEngine engine) throws CertificateException {
        try {
            jdk.checkClientTrusted(chain, ANY_AUTH_TYPE);
        } catch (CertificateException e) {
            throw refusal(chain, "", e);
        }
    }

    @Override
    public void resumeServerTrusted(X509Certificate[] chain, SSLEngine engine) throws CertificateException {
        throw new CertificateException("a session with a server was resumed, which is never asked for");
    }

    private OpenSslCertificateException refusal(X509Certificate[] chain, String host, CertificateException cause) {
        VerificationFailure failure = VerificationFailure.of(chain, host, authorities, cause);
        return new OpenSslCertificateException(failure.text(), cause, failure.errorCode());
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return jdk.getAcceptedIssuers();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw noEngine();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw noEngine();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw noEngine();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw noEngine();
    }

    /** Without the engine the host name could not be checked: better no answer than a wrong one. */
    private static CertificateException noEngine() {
        return new CertificateException("certificates are verified for SSL engines alone");
    }
}

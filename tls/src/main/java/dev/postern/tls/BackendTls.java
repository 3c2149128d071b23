package dev.postern.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.NetUtil;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS of connections to servers: one context for all connections with the same settings, swapped when their files
 * change.
 *
 * <p>{@link #newHandler} is called on event loops and never blocks; {@link #open} and {@link #reload} read files and
 * belong on virtual threads. Connections that are open keep the context they were made from.
 */
public final class BackendTls implements Reloadable, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BackendTls.class);

    private final BackendTlsSettings settings;
    private volatile ReferenceCountedOpenSslContext current;
    private volatile boolean closed;

    private BackendTls(BackendTlsSettings settings, ReferenceCountedOpenSslContext context) {
        this.settings = settings;
        this.current = context;
    }

    /**
     * Reads every file and makes the first context. Nothing is made of sslmode {@code disable}: do not ask.
     *
     * @throws UnusableTls with everything that is wrong with the files
     * @throws IllegalStateException where the native library is missing
     */
    public static BackendTls open(BackendTlsSettings settings) throws UnusableTls {
        if (settings.sslMode() == SslMode.DISABLE) {
            throw new IllegalArgumentException("sslmode disable has no TLS");
        }
        BoringSsl.ensureAvailable();
        return new BackendTls(settings, load(settings));
    }

    public BackendTlsSettings settings() {
        return settings;
    }

    /**
     * A handler for the front of a pipeline to a server; it must be added to one, or its native memory is never freed.
     * Its handshake future and {@code SslHandshakeCompletionEvent} tell the end; it has no timeout of its own.
     *
     * @param host as configured: what verify-full compares, and what is sent as server name where it is no address
     * @param port in 1..65535
     */
    public SslHandler newHandler(ByteBufAllocator allocator, String host, int port) {
        while (true) {
            ReferenceCountedOpenSslContext context = current;
            try {
                context.retain();
            } catch (IllegalReferenceCountException swappedMeanwhile) {
                if (closed) {
                    throw new IllegalStateException("this TLS is closed", swappedMeanwhile);
                }
                continue;
            }
            try {
                SslHandler handler = context.newHandler(allocator, host, port);
                handler.setHandshakeTimeoutMillis(0);
                nameServer(handler, host);
                return handler;
            } finally {
                context.release();
            }
        }
    }

    /** The library names hosts with a dot by itself; libpq names every host that is not an address. */
    private static void nameServer(SslHandler handler, String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name)) {
            return;
        }
        try {
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            handler.engine().setSSLParameters(parameters);
        } catch (IllegalArgumentException notAHostName) {
            // A socket directory or a name with an underscore at its end: such a server gets no name.
            return;
        }
    }

    @Override
    public List<Path> files() {
        return settings.files();
    }

    @Override
    public synchronized ReloadOutcome reload() {
        if (closed) {
            return new ReloadOutcome.Refused(List.of(new TlsProblem("backend TLS", "is closed")));
        }
        ReferenceCountedOpenSslContext fresh;
        try {
            fresh = load(settings);
        } catch (UnusableTls e) {
            log.error("event=backend_tls_reload_refused kept=old reason=\"{}\"", e.getMessage());
            return new ReloadOutcome.Refused(e.problems());
        }
        ReferenceCountedOpenSslContext old = current;
        current = fresh;
        old.release();
        log.info("event=backend_tls_reloaded files={}", settings.files());
        return new ReloadOutcome.Swapped();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            current.release();
        }
    }

    private static ReferenceCountedOpenSslContext load(BackendTlsSettings settings) throws UnusableTls {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols(TlsProtocol.between(settings.minimumProtocol(), TlsProtocol.TLS_1_3))
                .endpointIdentificationAlgorithm(settings.sslMode() == SslMode.VERIFY_FULL ? "HTTPS" : "");
        if (settings.caFile().isEmpty()) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        } else if (!settings.caFile().get().equals(BackendTlsSettings.SYSTEM)) {
            ClientTrust.load(settings.caFile().get(), settings.crlFile())
                    .trustManager()
                    .ifPresent(builder::trustManager);
        }
        if (settings.certFile().isPresent() && settings.keyFile().isPresent()) {
            ServerCertificate own = ServerCertificate.load(new CertificateFiles(
                    settings.certFile().get(), settings.keyFile().get()));
            builder.keyManager(own.key(), own.chainArray());
        }
        if (!settings.alpnProtocols().isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    settings.alpnProtocols()));
        }
        try {
            ReferenceCountedOpenSslContext context = (ReferenceCountedOpenSslContext) builder.build();
            // PostgreSQL resumes no session, and one that was resumed would not be verified again.
            context.sessionContext().setSessionCacheEnabled(false);
            return context;
        } catch (SSLException e) {
            throw new UnusableTls(
                    settings.certFile().or(settings::caFile).map(Path::toString).orElse("TLS"),
                    "refused by the TLS library: " + e.getMessage());
        }
    }
}

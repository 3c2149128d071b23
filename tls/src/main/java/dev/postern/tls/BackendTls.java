package dev.postern.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.NetUtil;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
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

    /** sslmode require without a CA file: encrypted, to whoever answers. */
    private static final TrustManager TRUST_ANY =
            InsecureTrustManagerFactory.INSTANCE.getTrustManagers()[0];

    private final BackendTlsSettings settings;
    private final ExpiryWatch expiry = new ExpiryWatch();
    private volatile Loaded current;
    private volatile boolean closed;
    /** Guarded by this: the last refusal, so that the same one is not logged at every look. */
    private List<TlsProblem> refused = List.of();

    private BackendTls(BackendTlsSettings settings, Loaded loaded) {
        this.settings = settings;
        this.current = loaded;
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
            ReferenceCountedOpenSslContext context = current.context;
            try {
                context.retain();
            } catch (IllegalReferenceCountException swappedMeanwhile) {
                if (closed) {
                    throw new IllegalStateException("this TLS is closed", swappedMeanwhile);
                }
                continue;
            }
            try {
                SslHandler handler = settings.caFile().isPresent()
                        ? context.newHandler(allocator, host, port, HandshakeThreads.SHARED)
                        : context.newHandler(allocator, host, port);
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

    /** Our client certificate, where there is one. */
    public Optional<CertificateStatus> certificate() {
        return current.certificate.map(OwnCertificate::status);
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
        Loaded fresh;
        try {
            fresh = load(settings);
        } catch (UnusableTls e) {
            if (!e.problems().equals(refused)) {
                refused = e.problems();
                log.atError().addKeyValue("problems", refused).log("tls.backend_reload_refused");
            }
            return new ReloadOutcome.Refused(e.problems());
        }
        Loaded old = current;
        current = fresh;
        old.context.release();
        refused = List.of();
        log.atInfo().addKeyValue("files", settings.files()).log("tls.backend_reloaded");
        return new ReloadOutcome.Swapped();
    }

    @Override
    public synchronized void maintain(Instant now) {
        expiry.check(current.certificate.stream().toList(), now);
    }

    ReferenceCountedOpenSslContext context() {
        return current.context;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            current.context.release();
        }
    }

    private record Loaded(ReferenceCountedOpenSslContext context, Optional<OwnCertificate> certificate) {}

    private static Loaded load(BackendTlsSettings settings) throws UnusableTls {
        List<TlsProblem> problems = new ArrayList<>();
        PeerTrust trust = PeerTrust.NONE;
        Optional<OwnCertificate> own = Optional.empty();
        try {
            trust = trust(settings);
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        try {
            if (settings.certFile().isPresent() && settings.keyFile().isPresent()) {
                own = Optional.of(OwnCertificate.load(new CertificateFiles(
                        settings.certFile().get(), settings.keyFile().get())));
            }
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        if (!problems.isEmpty()) {
            throw new UnusableTls(problems);
        }
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols(TlsProtocol.between(settings.minimumProtocol(), TlsProtocol.TLS_1_3))
                .endpointIdentificationAlgorithm(settings.sslMode() == SslMode.VERIFY_FULL ? "HTTPS" : "")
                .trustManager(trust.manager().orElse(TRUST_ANY));
        own.ifPresent(certificate -> builder.keyManager(certificate.key(), certificate.chainArray()));
        AlpnProtocols.configure(builder, settings.alpnProtocols());
        try {
            ReferenceCountedOpenSslContext context = (ReferenceCountedOpenSslContext) builder.build();
            // PostgreSQL resumes no session, and what is not kept cannot be resumed with another server by mistake.
            context.sessionContext().setSessionCacheEnabled(false);
            return new Loaded(context, own);
        } catch (SSLException e) {
            throw new UnusableTls(
                    settings.certFile().or(settings::caFile).map(Path::toString).orElse("TLS"),
                    "refused by the TLS library: " + e.getMessage());
        }
    }

    private static PeerTrust trust(BackendTlsSettings settings) throws UnusableTls {
        if (settings.caFile().isEmpty()) {
            return PeerTrust.NONE;
        }
        return settings.caFile().get().equals(BackendTlsSettings.SYSTEM)
                ? PeerTrust.system()
                : PeerTrust.load(settings.caFile().get(), settings.crlFile());
    }
}

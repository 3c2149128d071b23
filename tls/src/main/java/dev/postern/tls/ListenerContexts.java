package dev.postern.tls;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * One immutable snapshot of what a listener serves: a context for each certificate, and how to choose among them. A
 * context lives as long as this snapshot or a connection made from it: each holds a reference.
 */
final class ListenerContexts {
    /**
     * Bytes of native memory that every connection keeps for its life, for what the library sends of its own accord. The
     * default of 2,048 was a fifth of what TLS costs an idle connection; a longer flight goes out in turns.
     */
    private static final int HANDSHAKE_BUFFER = 256;

    private final List<OwnCertificate> certificates;
    private final CertificateChoice choice;
    private final boolean verifiesClients;
    private final Map<OwnCertificate, ReferenceCountedOpenSslContext> contexts = new IdentityHashMap<>();

    private ListenerContexts(List<OwnCertificate> certificates, ListenerTlsSettings settings) {
        this.certificates = List.copyOf(certificates);
        this.choice = new CertificateChoice(certificates, settings.maximumProtocol());
        this.verifiesClients = settings.clientCertificates() != ClientCertificatePolicy.NONE;
    }

    /** Reads every file and makes the contexts; everything found wrong is told at once. */
    static ListenerContexts load(ListenerTlsSettings settings, TicketKeys ticketKeys) throws UnusableTls {
        List<TlsProblem> problems = new ArrayList<>();
        List<OwnCertificate> certificates = new ArrayList<>();
        for (CertificateSource source : settings.certificates()) {
            try {
                certificates.add(OwnCertificate.load(source));
            } catch (UnusableTls e) {
                problems.addAll(e.problems());
            }
        }
        PeerTrust trust = PeerTrust.NONE;
        try {
            if (settings.clientCaFile().isPresent()) {
                trust = PeerTrust.load(settings.clientCaFile().get(), settings.clientCrlFile());
            }
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        if (!problems.isEmpty()) {
            throw new UnusableTls(problems);
        }
        ListenerContexts snapshot = new ListenerContexts(certificates, settings);
        for (OwnCertificate certificate : certificates) {
            try {
                snapshot.contexts.put(certificate, context(settings, certificate, trust, ticketKeys));
            } catch (SSLException | RuntimeException e) {
                snapshot.release();
                throw new UnusableTls(certificate.source().name(), "refused by the TLS library: " + root(e));
            }
        }
        return snapshot;
    }

    OwnCertificate choose(ClientHello hello) {
        return choice.choose(hello);
    }

    ReferenceCountedOpenSslContext contextOf(OwnCertificate certificate) {
        ReferenceCountedOpenSslContext context = contexts.get(certificate);
        if (context == null) {
            throw new IllegalStateException("no context for a certificate of this snapshot");
        }
        return context;
    }

    /** Whether a handshake with this certificate costs too much for an event loop: more than an EC signature. */
    boolean isCostly(OwnCertificate certificate) {
        return verifiesClients || !CertificateChoice.isEc(certificate);
    }

    List<OwnCertificate> certificates() {
        return certificates;
    }

    List<ReferenceCountedOpenSslContext> contexts() {
        return List.copyOf(contexts.values());
    }

    void use(TicketKeys ticketKeys) {
        contexts.values().forEach(context -> ticketKeys.applyTo(context.sessionContext()));
    }

    /** Gives up this snapshot's references; open connections keep theirs. */
    void release() {
        contexts.values().forEach(ReferenceCountedOpenSslContext::release);
    }

    private static ReferenceCountedOpenSslContext context(
            ListenerTlsSettings settings, OwnCertificate certificate, PeerTrust trust, TicketKeys ticketKeys)
            throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(certificate.key(), certificate.chainArray())
                // Counted, not finalized: native memory goes with the last connection, and no Finalizer for each one.
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols(TlsProtocol.between(settings.minimumProtocol(), settings.maximumProtocol()))
                .clientAuth(clientAuth(settings.clientCertificates()))
                .trustManager(trust.manager().orElse(NoTrust.INSTANCE));
        if (!settings.tls12CipherSuites().isEmpty()) {
            builder.ciphers(CipherSuites.withTls13(settings.tls12CipherSuites()));
        }
        if (!settings.groups().isEmpty()) {
            builder.option(OpenSslContextOption.GROUPS, settings.groups().toArray(String[]::new));
        }
        AlpnProtocols.configure(builder, settings.alpnProtocols());
        ReferenceCountedOpenSslContext context = (ReferenceCountedOpenSslContext) builder.build();
        context.setBioNonApplicationBufferSize(HANDSHAKE_BUFFER);
        OpenSslServerSessionContext sessions = (OpenSslServerSessionContext) context.sessionContext();
        // The clients keep their sessions themselves, in tickets: nothing of them stays here.
        sessions.setSessionCacheEnabled(false);
        sessions.setSessionIdContext(SessionScope.of(certificate, trust, settings.clientCertificates()));
        ticketKeys.applyTo(sessions);
        return context;
    }

    private static ClientAuth clientAuth(ClientCertificatePolicy policy) {
        return switch (policy) {
            case NONE -> ClientAuth.NONE;
            case OPTIONAL -> ClientAuth.OPTIONAL;
            case REQUIRED -> ClientAuth.REQUIRE;
        };
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        for (Throwable next = failure.getCause(); next != null && next != root; next = next.getCause()) {
            root = next;
        }
        return root;
    }
}

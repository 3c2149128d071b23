package dev.postern.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * One immutable snapshot of everything a listener serves: a context for each certificate, and how to choose among them.
 * A context lives as long as this snapshot or a connection made from it; both hold a reference.
 */
final class ListenerContexts {
    private final Map<ServerCertificate, ReferenceCountedOpenSslContext> contexts;
    private final CertificateChoice choice;

    private ListenerContexts(
            Map<ServerCertificate, ReferenceCountedOpenSslContext> contexts, CertificateChoice choice) {
        this.contexts = contexts;
        this.choice = choice;
    }

    static ListenerContexts load(ListenerTlsSettings settings, TicketKeys ticketKeys) throws UnusableTls {
        List<TlsProblem> problems = new ArrayList<>();
        List<ServerCertificate> certificates = new ArrayList<>();
        for (CertificateFiles files : settings.certificates()) {
            try {
                certificates.add(ServerCertificate.load(files));
            } catch (UnusableTls e) {
                problems.addAll(e.problems());
            }
        }
        ClientTrust trust = ClientTrust.NONE;
        try {
            trust = ClientTrust.load(settings);
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        if (!problems.isEmpty()) {
            throw new UnusableTls(problems);
        }
        Map<ServerCertificate, ReferenceCountedOpenSslContext> contexts = new LinkedHashMap<>();
        try {
            for (ServerCertificate certificate : certificates) {
                contexts.put(certificate, context(settings, certificate, trust, ticketKeys));
            }
        } catch (SSLException | RuntimeException e) {
            contexts.values().forEach(ReferenceCountedOpenSslContext::release);
            throw new UnusableTls(
                    settings.certificates().get(contexts.size()).certFile(),
                    "refused by the TLS library: " + rootOf(e));
        }
        return new ListenerContexts(contexts, new CertificateChoice(certificates, settings.maximumProtocol()));
    }

    ReferenceCountedOpenSslContext choose(ClientHello hello) {
        ReferenceCountedOpenSslContext context = contexts.get(choice.choose(hello));
        if (context == null) {
            throw new IllegalStateException("no context for a certificate of this snapshot");
        }
        return context;
    }

    List<ServerCertificate> certificates() {
        return List.copyOf(contexts.keySet());
    }

    List<ReferenceCountedOpenSslContext> contexts() {
        return List.copyOf(contexts.values());
    }

    void useTicketKeys(TicketKeys ticketKeys) {
        contexts.values().forEach(context -> ticketKeys.applyTo(context.sessionContext()));
    }

    /** Gives up this snapshot's references; open connections keep theirs. */
    void release() {
        contexts.values().forEach(ReferenceCountedOpenSslContext::release);
    }

    private static ReferenceCountedOpenSslContext context(
            ListenerTlsSettings settings, ServerCertificate certificate, ClientTrust trust, TicketKeys ticketKeys)
            throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(certificate.key(), certificate.chainArray())
                // Counted, not finalized: native memory goes with the last connection, and no Finalizer for each one.
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols(TlsProtocol.between(settings.minimumProtocol(), settings.maximumProtocol()))
                .clientAuth(
                        switch (settings.clientCertificates()) {
                            case NONE -> ClientAuth.NONE;
                            case OPTIONAL -> ClientAuth.OPTIONAL;
                            case REQUIRED -> ClientAuth.REQUIRE;
                        });
        trust.trustManager().ifPresent(builder::trustManager);
        if (!settings.tls12CipherSuites().isEmpty()) {
            builder.ciphers(CipherSuites.withTls13(settings.tls12CipherSuites()));
        }
        if (!settings.groups().isEmpty()) {
            builder.option(OpenSslContextOption.GROUPS, settings.groups().toArray(String[]::new));
        }
        if (!settings.alpnProtocols().isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    settings.alpnProtocols()));
        }
        ReferenceCountedOpenSslContext context = (ReferenceCountedOpenSslContext) builder.build();
        OpenSslServerSessionContext sessions = (OpenSslServerSessionContext) context.sessionContext();
        // Sessions are kept by the clients, in tickets: nothing of them stays here.
        sessions.setSessionCacheEnabled(false);
        sessions.setSessionIdContext(SessionScope.of(certificate, trust, settings.clientCertificates()));
        ticketKeys.applyTo(sessions);
        return context;
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}

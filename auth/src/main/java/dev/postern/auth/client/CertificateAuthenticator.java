package dev.postern.auth.client;

import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.Executor;

/** The TLS client certificate says who the client is. */
public final class CertificateAuthenticator implements ClientAuthenticator {
    private final CertificateMap map;

    public CertificateAuthenticator(CertificateMap map) {
        this.map = map;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new Silent(decide(facts));
    }

    private Step decide(LoginFacts facts) {
        Optional<X509Certificate> shown = facts.tls() ? facts.clientCertificate() : Optional.empty();
        if (shown.isEmpty()) {
            return new Step.Rejected(
                    new Rejection.NotAllowed("user \"" + facts.user() + "\" has to show a client certificate"));
        }
        if (!map.allows(shown.get(), facts.user())) {
            return new Step.Rejected(new Rejection.NotAllowed("the client certificate of \""
                    + shown.get().getSubjectX500Principal() + "\" does not stand for user \"" + facts.user() + "\""));
        }
        return new Step.Accepted(new Identity(facts.user(), Method.CERT));
    }
}

package dev.postern.auth.client;

import java.util.concurrent.Executor;

/** The TLS client certificate says who the client is: its identity has been mapped to role names before. */
public final class CertificateAuthenticator implements ClientAuthenticator {
    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new Silent(decide(facts));
    }

    private static Step decide(LoginFacts facts) {
        if (!facts.tls() || facts.clientCertificate().isEmpty()) {
            return new Step.Rejected(
                    new Rejection.NotAllowed("user \"" + facts.user() + "\" has to show a client certificate"));
        }
        if (!facts.certificateRoles().contains(facts.user())) {
            return new Step.Rejected(new Rejection.NotAllowed("the client certificate of \""
                    + facts.clientCertificate().get().getSubjectX500Principal() + "\" does not stand for user \""
                    + facts.user() + "\""));
        }
        return new Step.Accepted(new Identity(facts.user(), Method.CERT));
    }
}

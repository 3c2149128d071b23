package dev.postern.auth.client;

import dev.postern.auth.hba.HbaClient;
import dev.postern.auth.hba.HbaRule;
import dev.postern.auth.hba.HbaRules;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;

/** Chooses the method by rules in the form of pg_hba.conf: the first that matches decides, and without one nobody comes in. */
public final class HbaAuthenticator implements ClientAuthenticator {
    private final Supplier<HbaRules> rules;
    private final Function<HbaRule, Optional<ClientAuthenticator>> methods;
    private final CertificateMap certificates;

    /**
     * Rules may change while clients log in; each login uses those of its beginning.
     *
     * @param rules the rules now
     * @param certificates for {@code clientcert=verify-full}
     * @param methods what carries a rule's method out; empty where the route has no such method set up
     */
    public HbaAuthenticator(
            Supplier<HbaRules> rules,
            CertificateMap certificates,
            Function<HbaRule, Optional<ClientAuthenticator>> methods) {
        this.rules = rules;
        this.certificates = certificates;
        this.methods = methods;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        Optional<HbaRule> match = rules.get().first(client(facts));
        if (match.isEmpty()) {
            return notAllowed("no pg_hba rule for user \"" + facts.user() + "\", database \"" + facts.database()
                    + "\", address " + facts.address() + (facts.tls() ? ", TLS" : ", no TLS"));
        }
        HbaRule rule = match.get();
        Optional<String> missing = missingCertificate(rule, facts);
        if (missing.isPresent()) {
            return notAllowed(missing.get());
        }
        return switch (rule.method()) {
            case REJECT -> notAllowed("rejected by " + rule.place());
            case TRUST -> new Silent(new Step.Accepted(new Identity(facts.user(), Method.TRUST)));
            case SCRAM_SHA_256, MD5, PASSWORD, CERT, PEER, LDAP, OAUTH, JWT, KUBERNETES ->
                methods.apply(rule)
                        .map(authenticator -> authenticator.begin(facts, loop))
                        .orElseGet(() -> notAllowed(rule.place() + " asks for "
                                + rule.method().word() + ", which this route has not set up"));
        };
    }

    private Optional<String> missingCertificate(HbaRule rule, LoginFacts facts) {
        Optional<String> wanted = rule.option("clientcert");
        if (wanted.isEmpty()) {
            return Optional.empty();
        }
        if (facts.clientCertificate().isEmpty()) {
            return Optional.of(rule.place() + " asks for a client certificate");
        }
        boolean named = certificates.allows(facts.clientCertificate().get(), facts.user());
        return wanted.get().equals("verify-full") && !named
                ? Optional.of(
                        rule.place() + ": the client certificate does not stand for user \"" + facts.user() + "\"")
                : Optional.empty();
    }

    private static HbaClient client(LoginFacts facts) {
        Optional<InetAddress> address =
                facts.address() instanceof ClientAddress.Inet(InetAddress inet) ? Optional.of(inet) : Optional.empty();
        return new HbaClient(address, facts.tls(), facts.database(), facts.user(), facts.physicalReplication());
    }

    private static Exchange notAllowed(String why) {
        return new Silent(new Step.Rejected(new Rejection.NotAllowed(why)));
    }
}

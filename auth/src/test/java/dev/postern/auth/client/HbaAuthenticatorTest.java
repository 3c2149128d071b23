package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.hba.HbaMethod;
import dev.postern.auth.hba.HbaRules;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HbaAuthenticatorTest {
    @Test
    void carriesOutTheMethodOfTheFirstRuleThatMatches() {
        String rules = """
                host all trusted  127.0.0.1/32 trust
                host all rejected all          reject
                host all ldapper  all          ldap
                host all app      all          scram-sha-256
                """;
        assertThat(login(rules, Logins.plain("trusted")))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity()).isEqualTo(new Identity("trusted", Method.TRUST)));
        assertThat(login(rules, Logins.plain("app"))).isInstanceOf(Step.AskSasl.class);
        assertNotAllowed(login(rules, Logins.plain("rejected")), "rejected by hba:2");
        assertNotAllowed(login(rules, Logins.plain("ldapper")), "hba:3 asks for ldap, which this route has not set up");
        assertNotAllowed(login(rules, Logins.plain("ghost")), "no pg_hba rule for user \"ghost\"");
    }

    @Test
    void asksForAClientCertificateWhereTheRuleDoes() {
        String rules = "hostssl all all all scram-sha-256 clientcert=verify-full";
        assertNotAllowed(login(rules, Logins.tls("app")), "hba:1 asks for a client certificate");
    }

    private static Step login(String text, LoginFacts facts) {
        HbaRules.Parsed parsed = HbaRules.parse("hba", text);
        assertThat(parsed.problems()).isEmpty();
        ClientAuthenticator scram = (f, loop) -> Logins.scram(f);
        return new HbaAuthenticator(
                        parsed::rules,
                        (certificate, role) -> false,
                        rule -> rule.method() == HbaMethod.SCRAM_SHA_256 ? Optional.of(scram) : Optional.empty())
                .begin(facts, Runnable::run)
                .start();
    }

    private static void assertNotAllowed(Step step, String why) {
        assertThat(step).isInstanceOfSatisfying(Step.Rejected.class, rejected -> {
            assertThat(rejected.why()).isInstanceOf(Rejection.NotAllowed.class);
            assertThat(rejected.why().detail()).startsWith(why);
        });
    }
}

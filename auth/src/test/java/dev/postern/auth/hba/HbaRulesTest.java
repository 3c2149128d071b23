package dev.postern.auth.hba;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HbaRulesTest {
    private static final String FILE = """
            # TYPE  DATABASE        USER            ADDRESS                 METHOD
            local   all             all                                     peer map=admins
            hostssl orders,billing  app             10.0.0.0/8              scram-sha-256
            hostssl "all"           quoted          10.0.0.0/8              md5
            host    sameuser        all             192.168.0.0 255.255.0.0 password
            hostssl all             /^svc_          2001:db8::/32           cert  map=spiffe
            hostssl /^tenant_[0-9]+$ "odd ""name"", x" all                  scram-sha-256 clientcert=verify-full
            hostnossl all           all             0.0.0.0/0               reject
            host    all, \\
                    postgres        walker          all                     trust
            host    replication     repl            all                     scram-sha-256
            """;

    private final HbaRules rules = parsed(FILE);

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\'',
            value = {
                "'',            false, anything,  anyone,  pg_hba.conf:2 peer",
                "10.1.2.3,      true,  orders,    app,     pg_hba.conf:3 scram-sha-256",
                "10.1.2.3,      true,  billing,   app,     pg_hba.conf:3 scram-sha-256",
                "10.1.2.3,      true,  other,     app,     none",
                "11.1.2.3,      true,  orders,    app,     none",
                "10.1.2.3,      false, orders,    app,     pg_hba.conf:8 reject",
                "10.1.2.3,      true,  all,       quoted,  pg_hba.conf:4 md5",
                "10.1.2.3,      true,  orders,    quoted,  none",
                "192.168.7.7,   true,  ann,       ann,     pg_hba.conf:5 password",
                "192.168.7.7,   true,  bob,       ann,     none",
                "2001:db8::1,   true,  x,         svc_a,   pg_hba.conf:6 cert",
                "2001:db9::1,   true,  x,         svc_a,   none",
                "2001:db8::1,   true,  x,         xsvc_a,  none",
                "1.2.3.4,       true,  tenant_12, 'odd \"name\", x', pg_hba.conf:7 scram-sha-256",
                "1.2.3.4,       true,  tenant_x,  'odd \"name\", x', none",
                "1.2.3.4,       true,  postgres,  walker,  pg_hba.conf:9 trust",
            })
    void theFirstRuleThatMatchesDecides(String address, boolean tls, String database, String user, String expected) {
        Optional<InetAddress> from = address.isEmpty() ? Optional.empty() : Optional.of(InetAddress.ofLiteral(address));
        Optional<HbaRule> rule = rules.first(new HbaClient(from, tls, database, user, false));
        assertThat(rule.map(HbaRule::toString).orElse("none")).isEqualTo(expected);
    }

    @Test
    void replicationIsMatchedByItsOwnWordOnly() {
        Optional<InetAddress> from = Optional.of(InetAddress.ofLiteral("1.2.3.4"));
        assertThat(rules.first(new HbaClient(from, true, "", "repl", true)).map(HbaRule::place))
                .contains("pg_hba.conf:11");
        assertThat(rules.first(new HbaClient(from, true, "", "walker", true))).isEmpty();
    }

    @Test
    void optionsAreKept() {
        HbaRule local = rules.first(new HbaClient(Optional.empty(), false, "x", "y", false))
                .orElseThrow();
        assertThat(local.option("map")).contains("admins");
        assertThat(local.option("clientcert")).isEmpty();
    }

    @Test
    void everyProblemIsToldWithItsPlace() {
        String bad = """
                hst all all all trust
                host all all
                host all all 10.0.0.0/33 trust
                host all all db.example.com trust
                host all all 10.0.0.0 255.0.255.0 trust
                host all +admins all trust
                host samerole all all trust
                host all @users all trust
                host all /[ all trust
                host all all all gss
                host all all all sesame
                host all all all cert
                host all all all peer
                host all all all scram-sha-256 map=x
                host all all all scram-sha-256 clientcert=verify-full
                hostssl all all all cert map
                hostssl all all all cert map=a map=b
                include other.conf
                host all "open all trust
                host,local all all all trust
                """;
        HbaRules.Parsed parsed = HbaRules.parse("hba", bad);
        assertThat(parsed.rules().rules()).isEmpty();
        assertThat(parsed.problems().stream().map(p -> p.substring(0, p.indexOf(": "))))
                .contains(
                        "hba:1:1",
                        "hba:2:10",
                        "hba:3:14",
                        "hba:4:14",
                        "hba:5:14",
                        "hba:6:10",
                        "hba:7:6",
                        "hba:8:10",
                        "hba:9:10",
                        "hba:10:18",
                        "hba:11:18",
                        "hba:12:18",
                        "hba:13:18",
                        "hba:14:32",
                        "hba:15:32",
                        "hba:16:26",
                        "hba:17:32",
                        "hba:18:1",
                        "hba:19:10",
                        "hba:20:1");
        assertThat(parsed.problems().getFirst())
                .isEqualTo("hba:1:1: unknown connection type \"hst\" (expected: local, host, hostssl or hostnossl)");
    }

    @Test
    void identMapsTranslateIdentities() {
        IdentMaps.Parsed parsed = IdentMaps.parse("ident", """
                # MAP  SYSTEM  ROLE
                admins root postgres
                admins "Ann Lee" ann
                mail   /^(.*)@example\\.com$ \\1
                mail   /^ops@ all
                svc    builder /^ci_
                """);
        assertThat(parsed.problems()).isEmpty();
        IdentMaps maps = parsed.maps();
        assertThat(maps.allows("admins", "root", "postgres")).isTrue();
        assertThat(maps.allows("admins", "root", "ann")).isFalse();
        assertThat(maps.allows("admins", "Ann Lee", "ann")).isTrue();
        assertThat(maps.allows("mail", "bob@example.com", "bob")).isTrue();
        assertThat(maps.allows("mail", "bob@example.com", "ann")).isFalse();
        assertThat(maps.allows("mail", "bob@example.com.evil.org", "bob")).isFalse();
        assertThat(maps.allows("mail", "ops@x", "anyone")).isTrue();
        assertThat(maps.allows("svc", "builder", "ci_1")).isTrue();
        assertThat(maps.allows("svc", "builder", "x")).isFalse();
        assertThat(maps.allows("none", "root", "root")).isFalse();
    }

    @Test
    void identProblemsAreToldWithTheirPlace() {
        assertThat(IdentMaps.parse("ident", "a b\nm /[ x\nm x +g\nm a b c\n").problems())
                .hasSize(4)
                .allSatisfy(p -> assertThat(p).matches("ident:[1-4]:[0-9]+: .*"));
    }

    private static HbaRules parsed(String content) {
        HbaRules.Parsed parsed = HbaRules.parse("pg_hba.conf", content);
        assertThat(parsed.problems()).isEmpty();
        return parsed.rules();
    }

    @Test
    void aSlashBeginsAnExpressionInQuotesToo() {
        HbaRules quoted = parsed("""
                host all "/^admin_.{1,3}$" all reject
                host all all               all trust
                """);
        assertThat(place(quoted, "admin_x")).isEqualTo("pg_hba.conf:1 reject");
        assertThat(place(quoted, "admin_long")).isEqualTo("pg_hba.conf:2 trust");
    }

    @Test
    void expressionsAreThoseOfPostgres() {
        HbaRules classes = parsed("""
                host all /^[[:alnum:]_]+_admin$ all reject
                host all /^a.*z$                all reject
                host all all                    all trust
                """);
        assertThat(place(classes, "bob_admin")).isEqualTo("pg_hba.conf:1 reject");
        assertThat(place(classes, "a\nz")).as("a dot is any character").isEqualTo("pg_hba.conf:2 reject");
        assertThat(place(classes, "bob")).isEqualTo("pg_hba.conf:3 trust");
    }

    @Test
    void anOptionThatWouldHaveNoEffectIsAProblem() {
        for (String method : new String[] {"jwt", "oauth", "kubernetes"}) {
            assertThat(HbaRules.parse("pg_hba.conf", "host all all all " + method + " map=strict")
                            .problems())
                    .as(method)
                    .containsExactly("pg_hba.conf:1:" + (19 + method.length()) + ": method " + method
                            + " has no option \"map\"");
        }
    }

    private static String place(HbaRules rules, String user) {
        Optional<InetAddress> from = Optional.of(InetAddress.ofLiteral("10.0.0.1"));
        return rules.first(new HbaClient(from, true, "orders", user, false))
                .map(HbaRule::toString)
                .orElse("none");
    }
}

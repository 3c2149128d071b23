package dev.postern.auth.ldap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSimpleBindRequest;
import com.unboundid.ldap.listener.interceptor.InMemoryOperationInterceptor;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.OperationType;
import com.unboundid.ldap.sdk.ResultCode;
import dev.postern.auth.Secret;
import dev.postern.auth.client.ClientAddress;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.OutsideCheck.Verdict;
import dev.postern.auth.client.Rejection;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LdapCheckTest {
    private static final LdapRules.Binding DIRECT = new LdapRules.Binding.Direct("uid=", ",ou=people,dc=example");
    private static final LdapRules.Binding SEARCH = search("searcher-secret", "uid");

    private InMemoryDirectoryServer server;

    @BeforeAll
    void start() throws Exception {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example");
        config.setSchema(null);
        config.setAuthenticationRequiredOperationTypes(OperationType.SEARCH);
        config.addInMemoryOperationInterceptor(new InMemoryOperationInterceptor() {
            @Override
            public void processSimpleBindRequest(InMemoryInterceptedSimpleBindRequest request) throws LDAPException {
                if (request.getRequest().getBindDN().contains("locked")) {
                    throw new LDAPException(ResultCode.UNWILLING_TO_PERFORM, "the account is locked");
                }
            }
        });
        server = new InMemoryDirectoryServer(config);
        server.add("dn: dc=example", "objectClass: domain", "dc: example");
        server.add("dn: ou=people,dc=example", "objectClass: organizationalUnit", "ou: people");
        server.add("dn: ou=robots,dc=example", "objectClass: organizationalUnit", "ou: robots");
        person("uid=ann,ou=people,dc=example", "ann", "ann-secret");
        person("uid=o\\, brien,ou=people,dc=example", "o, brien", "brien-secret");
        person("uid=twin,ou=people,dc=example", "twin", "twin-secret");
        person("uid=twin,ou=robots,dc=example", "twin", "twin-secret");
        person("cn=searcher,dc=example", "searcher", "searcher-secret");
        server.startListening();
    }

    @AfterAll
    void stop() {
        server.shutDown(true);
    }

    @Test
    void bindsAsTheUser() {
        assertThat(check(DIRECT, "ann", "ann-secret")).isEqualTo(new Verdict.Proved());
        assertThat(check(DIRECT, "ann", "wrong")).isEqualTo(new Verdict.Refused(new Rejection.BadPassword("ann")));
        assertThat(check(DIRECT, "ghost", "ann-secret"))
                .isEqualTo(new Verdict.Refused(new Rejection.BadPassword("ghost")));
    }

    @Test
    void searchesForTheUserFirst() {
        assertThat(check(SEARCH, "ann", "ann-secret")).isEqualTo(new Verdict.Proved());
        assertThat(check(SEARCH, "ann", "wrong")).isEqualTo(new Verdict.Refused(new Rejection.BadPassword("ann")));
        assertThat(check(SEARCH, "ghost", "ann-secret"))
                .isEqualTo(new Verdict.Refused(new Rejection.UnknownUser("ghost")));
        assertThat(check(SEARCH, "twin", "twin-secret"))
                .as("two entries are nobody")
                .isEqualTo(new Verdict.Refused(new Rejection.UnknownUser("twin")));
    }

    @Test
    void aLockedEntryLooksLikeAWrongPassword() {
        assertThat(check(DIRECT, "locked", "secret"))
                .isEqualTo(new Verdict.Refused(new Rejection.UnusablePassword(
                        "locked", "the directory says " + ResultCode.UNWILLING_TO_PERFORM.getName())));
    }

    @Test
    void refusesAnEmptyPasswordUnasked() {
        // The directory would take it for an anonymous bind and call it a success.
        for (LdapRules.Binding binding : List.of(DIRECT, SEARCH)) {
            assertThat(check(binding, "ann", "")).isEqualTo(new Verdict.Refused(new Rejection.BadPassword("ann")));
        }
    }

    @Test
    void takesAUserNameAsANameWhateverItHolds() {
        assertThat(check(DIRECT, "o, brien", "brien-secret")).isEqualTo(new Verdict.Proved());
        assertThat(check(SEARCH, "o, brien", "brien-secret")).isEqualTo(new Verdict.Proved());
        for (String hostile : List.of("*", "a*", "ann)(uid=*", "ann,ou=people,dc=example", "ann\\2a", "ann+cn=x", "")) {
            assertThat(check(DIRECT, hostile, "ann-secret")).as(hostile).isInstanceOf(Verdict.Refused.class);
            assertThat(check(SEARCH, hostile, "ann-secret")).as(hostile).isInstanceOf(Verdict.Refused.class);
        }
    }

    @Test
    void saysWhenTheDirectoryCannotBeAsked() {
        assertThatThrownBy(() -> check(search("wrong", "uid"), "ann", "ann-secret"))
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("LDAP 127.0.0.1");
        LdapRules nobodyThere = new LdapRules("127.0.0.1", 1, LdapRules.Protection.NONE, DIRECT, Duration.ofSeconds(2));
        assertThatThrownBy(() -> check(nobodyThere, "ann", "ann-secret")).isInstanceOf(CompletionException.class);
        LdapRules noTls = new LdapRules(
                "127.0.0.1", server.getListenPort(), LdapRules.Protection.START_TLS, DIRECT, Duration.ofSeconds(2));
        assertThatThrownBy(() -> check(noTls, "ann", "ann-secret"))
                .as("StartTLS that is not there is not done without")
                .isInstanceOf(CompletionException.class);
    }

    private void person(String dn, String uid, String password) throws Exception {
        server.add(
                "dn: " + dn,
                "objectClass: inetOrgPerson",
                "uid: " + uid,
                "cn: x",
                "sn: x",
                "userPassword: " + password);
    }

    private static LdapRules.Binding search(String password, String attribute) {
        return new LdapRules.Binding.Search("dc=example", attribute, "cn=searcher,dc=example", Secret.ofText(password));
    }

    private Verdict check(LdapRules.Binding binding, String user, String password) {
        return check(
                new LdapRules(
                        "127.0.0.1", server.getListenPort(), LdapRules.Protection.NONE, binding, Duration.ofSeconds(5)),
                user,
                password);
    }

    private static Verdict check(LdapRules rules, String user, String password) {
        LoginFacts facts = new LoginFacts(
                "orders",
                user,
                "orders",
                new ClientAddress.UnixSocket(""),
                false,
                true,
                Optional.empty(),
                Optional.empty());
        try {
            return new LdapCheck(rules, SSLContext.getDefault(), Runnable::run)
                    .check(facts, Secret.ofText(password))
                    .toCompletableFuture()
                    .join();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

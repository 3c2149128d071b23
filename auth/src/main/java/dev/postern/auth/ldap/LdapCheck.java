package dev.postern.auth.ldap;

import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.RDN;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResult;
import com.unboundid.ldap.sdk.SearchScope;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import com.unboundid.ldap.sdk.extensions.StartTLSExtendedRequest;
import com.unboundid.util.ssl.HostNameSSLSocketVerifier;
import dev.postern.auth.Secret;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.OutsideCheck;
import dev.postern.auth.client.Rejection;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;

/** Binds to a directory as the user. One connection for each login, on a virtual thread. */
public final class LdapCheck implements OutsideCheck {
    private static final Set<ResultCode> WRONG =
            Set.of(ResultCode.INVALID_CREDENTIALS, ResultCode.NO_SUCH_OBJECT, ResultCode.INVALID_DN_SYNTAX);
    /** Said of entries that are there, locked or without a password: a client must not learn that they are. */
    private static final Set<ResultCode> SHUT_OUT = Set.of(
            ResultCode.INAPPROPRIATE_AUTHENTICATION,
            ResultCode.CONSTRAINT_VIOLATION,
            ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
            ResultCode.UNWILLING_TO_PERFORM);

    private final LdapRules rules;
    private final SSLContext trust;
    private final Executor blocking;

    /**
     * @param trust whom to believe the directory's certificate from
     * @param blocking virtual threads
     */
    public LdapCheck(LdapRules rules, SSLContext trust, Executor blocking) {
        this.rules = rules;
        this.trust = trust;
        this.blocking = blocking;
    }

    @Override
    public CompletionStage<Verdict> check(LoginFacts facts, Secret secret) {
        if (secret.length() == 0) {
            // RFC 4513 5.1.2: a bind with a name and no password succeeds and proves nothing.
            return CompletableFuture.completedFuture(refused(new Rejection.BadPassword(facts.user())));
        }
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return ask(facts.user(), secret);
                    } catch (LDAPException e) {
                        throw new CompletionException(
                                "LDAP " + rules.host() + ":" + rules.port() + ": "
                                        + e.getResultCode().getName() + ": " + e.getMessage(),
                                e);
                    }
                },
                blocking);
    }

    private Verdict ask(String user, Secret password) throws LDAPException {
        try (LDAPConnection connection = connect()) {
            Optional<String> entry = entry(connection, user);
            // Somebody who is not there is refused by the directory too: the same round trips for everyone.
            Optional<ResultCode> refusal = bind(connection, entry.orElse("cn=nobody"), password);
            if (entry.isEmpty()) {
                return refused(new Rejection.UnknownUser(user));
            }
            if (refusal.isEmpty()) {
                return new Verdict.Proved();
            }
            return refused(
                    WRONG.contains(refusal.get())
                            ? new Rejection.BadPassword(user)
                            : new Rejection.UnusablePassword(
                                    user, "the directory says " + refusal.get().getName()));
        }
    }

    private Optional<String> entry(LDAPConnection connection, String user) throws LDAPException {
        return switch (rules.binding()) {
            case LdapRules.Binding.Direct(String prefix, String suffix) -> Optional.of(prefix + escaped(user) + suffix);
            case LdapRules.Binding.Search search -> search(connection, search, user);
        };
    }

    private static Optional<String> search(LDAPConnection connection, LdapRules.Binding.Search search, String user)
            throws LDAPException {
        if (!search.bindDn().isEmpty()) {
            byte[] password = search.bindPassword().copy();
            try {
                connection.bind(new SimpleBindRequest(search.bindDn(), password));
            } finally {
                Arrays.fill(password, (byte) 0);
            }
        }
        SearchRequest request = new SearchRequest(
                search.base(), SearchScope.SUB, Filter.createEqualityFilter(search.attribute(), user), "1.1");
        // Two are enough to know that the user is not one.
        request.setSizeLimit(2);
        SearchResult result;
        try {
            result = connection.search(request);
        } catch (LDAPException e) {
            if (e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)) {
                return Optional.empty();
            }
            throw e;
        }
        return result.getEntryCount() == 1
                ? Optional.of(result.getSearchEntries().getFirst().getDN())
                : Optional.empty();
    }

    /** Empty where the password is right. */
    private static Optional<ResultCode> bind(LDAPConnection connection, String dn, Secret password)
            throws LDAPException {
        byte[] bytes = password.copy();
        try {
            connection.bind(new SimpleBindRequest(dn, bytes));
            return Optional.empty();
        } catch (LDAPException e) {
            if (!WRONG.contains(e.getResultCode()) && !SHUT_OUT.contains(e.getResultCode())) {
                throw e;
            }
            return Optional.of(e.getResultCode());
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private LDAPConnection connect() throws LDAPException {
        int millis = Math.toIntExact(rules.timeout().toMillis());
        LDAPConnectionOptions options = new LDAPConnectionOptions();
        options.setConnectTimeoutMillis(millis);
        options.setResponseTimeoutMillis(millis);
        options.setFollowReferrals(false);
        options.setSSLSocketVerifier(new HostNameSSLSocketVerifier(true));
        return switch (rules.protection()) {
            case TLS -> new LDAPConnection(trust.getSocketFactory(), options, rules.host(), rules.port());
            case NONE -> new LDAPConnection(options, rules.host(), rules.port());
            case START_TLS -> startTls(new LDAPConnection(options, rules.host(), rules.port()));
        };
    }

    private LDAPConnection startTls(LDAPConnection connection) throws LDAPException {
        try {
            var result = connection.processExtendedOperation(new StartTLSExtendedRequest(trust));
            if (!result.getResultCode().equals(ResultCode.SUCCESS)) {
                throw new LDAPException(result);
            }
            return connection;
        } catch (LDAPException e) {
            connection.close();
            throw e;
        }
    }

    /** As a value inside a distinguished name (RFC 4514). */
    private static String escaped(String user) {
        String rdn = new RDN("x", user).toString();
        return rdn.substring(rdn.indexOf('=') + 1);
    }

    private static Verdict refused(Rejection why) {
        return new Verdict.Refused(why);
    }
}

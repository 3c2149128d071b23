package dev.postern.auth.client;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.ScramVerifier;
import java.net.InetAddress;
import java.util.Optional;

/** Facts and stores the tests of this package share. The user is {@code app}, the password {@code secret}. */
final class Logins {
    static final String USER = "app";
    static final Secret PASSWORD = Secret.ofText("secret");
    static final byte[] END_POINT = {10, 20, 30, 40};
    static final ScramVerifier VERIFIER = ScramVerifier.derive(PASSWORD, ScramVerifier.DEFAULT_ITERATIONS);
    static final FakeVerifiers FAKES =
            new FakeVerifiers(Secret.ofText("gateway key"), ScramVerifier.DEFAULT_ITERATIONS);

    private Logins() {}

    static UserStore users(StoredPassword password) {
        return user -> user.equals(USER) ? new UserStore.Lookup.Found(password) : new UserStore.Lookup.Unknown();
    }

    static UserStore users() {
        return users(StoredPassword.of(VERIFIER));
    }

    static LoginFacts plain(String user) {
        return facts(user, Optional.empty(), false, false);
    }

    static LoginFacts tls(String user) {
        return facts(user, Optional.empty(), true, false);
    }

    static LoginFacts bound(String user) {
        return facts(user, Optional.of(END_POINT), true, false);
    }

    static LoginFacts loopback(String user) {
        return facts(user, Optional.empty(), false, true);
    }

    static LoginFacts noRoute(String database) {
        LoginFacts facts = plain(USER);
        return new LoginFacts("", USER, database, facts.address(), false, false, Optional.empty(), Optional.empty());
    }

    private static LoginFacts facts(String user, Optional<byte[]> endPoint, boolean tls, boolean loopback) {
        return new LoginFacts(
                "orders",
                user,
                "orders",
                new ClientAddress.Inet(InetAddress.getLoopbackAddress()),
                loopback,
                tls,
                endPoint,
                Optional.empty());
    }

    static Exchange scram(LoginFacts facts) {
        return scram(facts, users());
    }

    static Exchange scram(LoginFacts facts, UserStore users) {
        return new ScramAuthenticator(users, FAKES, ChannelBinding.PREFER, false).begin(facts, Runnable::run);
    }
}

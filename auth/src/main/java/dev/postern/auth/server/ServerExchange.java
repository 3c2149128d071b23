package dev.postern.auth.server;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.password.ScramMechanisms;
import dev.postern.auth.server.LoginFailure.Reason;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code Fresh -> PasswordSent -> Ended}, or {@code Fresh -> ScramStarted -> (Deriving) -> Proved -> Verified -> Ended}, or
 * {@code Fresh -> Ended} where the server asks for nothing.
 */
final class ServerExchange implements ServerAuthentication {
    private static final byte[] NO_BINDING = {};

    private sealed interface State {
        record Fresh() implements State {}

        record PasswordSent() implements State {}

        record ScramStarted(ScramLogin scram) implements State {}

        record Deriving() implements State {}

        record Proved(ScramLogin scram, ScramLogin.Proof proof) implements State {}

        record Verified(ScramLogin scram) implements State {}

        record Ended() implements State {}
    }

    private final String user;
    private final ServerSecret secret;
    private final LoginPolicy policy;
    private final ScramKeyCache keys;
    private final boolean tls;
    private final Optional<byte[]> tlsServerEndPoint;
    private final Executor loop;
    private State state = new State.Fresh();

    ServerExchange(
            String user,
            ServerSecret secret,
            LoginPolicy policy,
            ScramKeyCache keys,
            boolean tls,
            Optional<byte[]> tlsServerEndPoint,
            Executor loop) {
        this.user = user;
        this.secret = secret;
        this.policy = policy;
        this.keys = keys;
        this.tls = tls;
        this.tlsServerEndPoint = tlsServerEndPoint;
        this.loop = loop;
    }

    @Override
    public ServerStep onSasl(List<String> mechanisms) {
        if (!(state instanceof State.Fresh)) {
            return violation("AuthenticationSASL is not expected now");
        }
        if (secret instanceof ServerSecret.None) {
            return fail(Reason.NO_PASSWORD, "the server asks for SCRAM, and there is no password to answer with");
        }
        boolean canBind = tls && tlsServerEndPoint.isPresent() && policy.channelBinding() != ChannelBinding.DISABLE;
        if (canBind && mechanisms.contains(ScramMechanisms.SCRAM_SHA_256_PLUS)) {
            return startScram(new ScramLogin(
                    ScramMechanisms.SCRAM_SHA_256_PLUS,
                    "p=" + ScramMechanisms.TLS_SERVER_END_POINT + ",,",
                    tlsServerEndPoint.get()));
        }
        if (policy.channelBinding() == ChannelBinding.REQUIRE) {
            return fail(
                    Reason.CHANNEL_BINDING,
                    "channel binding is required, and "
                            + (canBind ? "the server does not offer it" : "this connection cannot be bound to"));
        }
        if (!mechanisms.contains(ScramMechanisms.SCRAM_SHA_256)) {
            return fail(Reason.UNSUPPORTED_METHOD, "the server offers no SASL mechanism we have");
        }
        return startScram(new ScramLogin(ScramMechanisms.SCRAM_SHA_256, canBind ? "y,," : "n,,", NO_BINDING));
    }

    private ServerStep startScram(ScramLogin scram) {
        state = new State.ScramStarted(scram);
        return scram.first();
    }

    @Override
    public ServerStep onSaslContinue(byte[] data) {
        if (!(state instanceof State.ScramStarted(ScramLogin scram))) {
            return violation("AuthenticationSASLContinue is not expected now");
        }
        return switch (ServerFirst.parse(data, scram.nonce())) {
            case ServerFirst.Malformed(String why) -> violation(why);
            case ServerFirst.Message first -> onChallenge(scram, first);
        };
    }

    private ServerStep onChallenge(ScramLogin scram, ServerFirst.Message first) {
        return switch (secret) {
            case ServerSecret.Keys(ScramKeys recovered) ->
                recovered.fits(first.salt(), first.iterations())
                        ? prove(scram, first, recovered)
                        : fail(
                                Reason.DIFFERENT_VERIFIER,
                                "pass-through needs the same SCRAM verifier on this server as the one the client was"
                                        + " checked against: salt or iterations differ");
            case ServerSecret.Password(Secret password) -> proveByPassword(scram, first, password);
            case ServerSecret.None() -> violation("SCRAM was begun without a password");
        };
    }

    private ServerStep proveByPassword(ScramLogin scram, ServerFirst.Message first, Secret password) {
        int iterations = first.iterations();
        if (iterations < policy.minIterations() || iterations > LoginPolicy.MAX_ITERATIONS) {
            return fail(
                    Reason.ITERATIONS,
                    "the server asks for " + iterations + " SCRAM iterations (expected: " + policy.minIterations()
                            + " to " + LoginPolicy.MAX_ITERATIONS + ")");
        }
        if (password.length() == 0) {
            return fail(Reason.NO_PASSWORD, "the server asks for SCRAM, and the password is empty");
        }
        CompletableFuture<ScramKeys> derived = keys.get(password, first.salt(), iterations);
        if (derived.isDone() && !derived.isCompletedExceptionally()) {
            return prove(scram, first, derived.join());
        }
        state = new State.Deriving();
        return new ServerStep.Later(
                derived.handleAsync((ready, failure) -> derived(scram, first, ready, failure), loop));
    }

    private ServerStep derived(
            ScramLogin scram, ServerFirst.Message first, @Nullable ScramKeys ready, @Nullable Throwable failure) {
        if (!(state instanceof State.Deriving)) {
            return violation("the login ended while its keys were derived");
        }
        return ready == null
                ? fail(Reason.NO_PASSWORD, "deriving SCRAM keys failed: " + failure)
                : prove(scram, first, ready);
    }

    private ServerStep prove(ScramLogin scram, ServerFirst.Message first, ScramKeys with) {
        ScramLogin.Proof proof = scram.prove(first, with);
        state = new State.Proved(scram, proof);
        return new ServerStep.SaslResponse(proof.clientFinal());
    }

    @Override
    public ServerStep onSaslFinal(byte[] data) {
        if (!(state instanceof State.Proved(ScramLogin scram, ScramLogin.Proof proof))) {
            return violation("AuthenticationSASLFinal is not expected now");
        }
        if (!proof.isAnsweredBy(data)) {
            return fail(
                    Reason.BAD_SERVER_SIGNATURE,
                    "the server's SCRAM signature is wrong: it does not know the password of this role");
        }
        state = new State.Verified(scram);
        return new ServerStep.Wait();
    }

    @Override
    public ServerStep onMd5(byte[] salt) {
        if (!(state instanceof State.Fresh)) {
            return violation("AuthenticationMD5Password is not expected now");
        }
        if (salt.length != 4) {
            return violation("an md5 salt of " + salt.length + " bytes (expected: 4)");
        }
        return password("md5", password -> Md5Hash.of(password, user).response(salt));
    }

    @Override
    public ServerStep onCleartext() {
        if (!(state instanceof State.Fresh)) {
            return violation("AuthenticationCleartextPassword is not expected now");
        }
        if (!tls && !policy.cleartextOutsideTls()) {
            return fail(
                    Reason.METHOD_NOT_ALLOWED,
                    "the server asks for a cleartext password outside TLS, which the configuration does not allow");
        }
        return password("cleartext", Secret::copy);
    }

    private ServerStep password(String method, Function<Secret, byte[]> answer) {
        if (policy.channelBinding() == ChannelBinding.REQUIRE) {
            return fail(Reason.CHANNEL_BINDING, "channel binding is required, and the server asks for " + method);
        }
        return switch (secret) {
            case ServerSecret.Password(Secret password) -> {
                state = new State.PasswordSent();
                yield new ServerStep.Password(answer.apply(password));
            }
            case ServerSecret.Keys keysOnly ->
                fail(Reason.METHOD_NOT_ALLOWED, "pass-through has SCRAM keys only, and the server asks for " + method);
            case ServerSecret.None() ->
                fail(Reason.NO_PASSWORD, "the server asks for " + method + ", and there is no password");
        };
    }

    @Override
    public ServerStep onOther(int kind) {
        return fail(
                Reason.UNSUPPORTED_METHOD,
                "the server asks for authentication kind " + kind + ", which we do not have");
    }

    @Override
    public ServerStep onOk() {
        return switch (state) {
            case State.Fresh fresh
            when policy.channelBinding() == ChannelBinding.REQUIRE ->
                fail(Reason.CHANNEL_BINDING, "channel binding is required, and the server asked for no password");
            case State.Verified(ScramLogin scram)
            when policy.channelBinding() == ChannelBinding.REQUIRE && !scram.bound() ->
                fail(Reason.CHANNEL_BINDING, "channel binding is required, and was not used");
            case State.Fresh fresh -> loggedIn();
            case State.PasswordSent sent -> loggedIn();
            case State.Verified verified -> loggedIn();
            case State.Proved proved ->
                fail(
                        Reason.BAD_SERVER_SIGNATURE,
                        "the server let us in without its SCRAM signature: it may not be ours");
            case State.ScramStarted started -> violation("AuthenticationOk in the middle of SCRAM");
            case State.Deriving deriving -> violation("AuthenticationOk in the middle of SCRAM");
            case State.Ended ended -> violation("AuthenticationOk after the login ended");
        };
    }

    private ServerStep loggedIn() {
        state = new State.Ended();
        return new ServerStep.LoggedIn();
    }

    @Override
    public void close() {
        state = new State.Ended();
    }

    private ServerStep violation(String why) {
        return fail(Reason.PROTOCOL_VIOLATION, why);
    }

    private ServerStep fail(Reason reason, String detail) {
        state = new State.Ended();
        return new ServerStep.Failed(new LoginFailure(reason, detail));
    }
}

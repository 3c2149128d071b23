package dev.postern.auth.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.postern.auth.client.UserStore.Lookup;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.password.ScramMechanisms;
import dev.postern.auth.password.ScramVerifier;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The server's side of SCRAM: {@code Fresh -> Offered -> (LookingUp) -> Challenged -> Ended}.
 *
 * <p>Whatever is wrong with the user is kept as a doom and told only after the client's proof, so that all failures cost and
 * look the same.
 */
final class ScramExchange implements Exchange {
    /** As PostgreSQL's SCRAM_RAW_NONCE_LEN. */
    private static final int NONCE_BYTES = 18;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] NO_BINDING = {};

    private sealed interface State {
        record Fresh() implements State {}

        record Offered() implements State {}

        record LookingUp() implements State {}

        /**
         * @param doom why the login fails whatever the proof is; empty for a user that may come in
         */
        record Challenged(
                ClientFirst.Message first,
                boolean plus,
                String nonce,
                String serverFirst,
                ScramVerifier verifier,
                boolean privileged,
                Optional<Rejection> doom)
                implements State {}

        record Ended() implements State {}
    }

    private final LoginFacts facts;
    private final Executor loop;
    private final UserStore users;
    private final FakeVerifiers fakes;
    private final boolean passThrough;
    private final List<String> mechanisms;
    private State state = new State.Fresh();

    ScramExchange(
            LoginFacts facts,
            Executor loop,
            UserStore users,
            FakeVerifiers fakes,
            ChannelBinding binding,
            boolean passThrough) {
        this.facts = facts;
        this.loop = loop;
        this.users = users;
        this.fakes = fakes;
        this.passThrough = passThrough;
        this.mechanisms =
                mechanisms(binding, facts.tls() && facts.tlsServerEndPoint().isPresent());
    }

    private static List<String> mechanisms(ChannelBinding binding, boolean possible) {
        return switch (binding) {
            case DISABLE -> List.of(ScramMechanisms.SCRAM_SHA_256);
            case PREFER ->
                possible
                        ? List.of(ScramMechanisms.SCRAM_SHA_256_PLUS, ScramMechanisms.SCRAM_SHA_256)
                        : List.of(ScramMechanisms.SCRAM_SHA_256);
            case REQUIRE -> possible ? List.of(ScramMechanisms.SCRAM_SHA_256_PLUS) : List.of();
        };
    }

    @Override
    public Step start() {
        if (!(state instanceof State.Fresh)) {
            return protocolError("SCRAM exchange started twice");
        }
        if (mechanisms.isEmpty()) {
            return reject(
                    new Rejection.ChannelBindingFailed(
                            "channel binding is required, and this connection has none to offer (no TLS, or an Ed25519 certificate)"));
        }
        state = new State.Offered();
        return new Step.AskSasl(mechanisms);
    }

    @Override
    public Step onSaslInitial(String mechanism, byte[] response) {
        if (!(state instanceof State.Offered)) {
            return protocolError("SASLInitialResponse is not expected now");
        }
        if (!mechanisms.contains(mechanism)) {
            return protocolError("client selected a SASL mechanism that was not offered");
        }
        return switch (ClientFirst.parse(response)) {
            case ClientFirst.Malformed(String why) -> protocolError(why);
            case ClientFirst.Message first -> onFirst(first, mechanism.equals(ScramMechanisms.SCRAM_SHA_256_PLUS));
        };
    }

    private Step onFirst(ClientFirst.Message first, boolean plus) {
        switch (first.binding()) {
            case UNSUPPORTED, NOT_OFFERED -> {
                if (plus) {
                    return protocolError("client selected SCRAM-SHA-256-PLUS without channel-binding data");
                }
            }
            case USED -> {
                if (!plus) {
                    return protocolError("client selected SCRAM-SHA-256 and sent channel-binding data");
                }
                if (!first.bindingType().equals(ScramMechanisms.TLS_SERVER_END_POINT)) {
                    return protocolError("client asked for a channel-binding type other than tls-server-end-point");
                }
            }
        }
        if (first.binding() == ClientFirst.Binding.NOT_OFFERED
                && mechanisms.contains(ScramMechanisms.SCRAM_SHA_256_PLUS)) {
            // RFC 5802 section 6: the client was shown a shorter list than we sent.
            return reject(new Rejection.ChannelBindingFailed(
                    "client supports channel binding and did not see that it was offered: the list of mechanisms was"
                            + " changed on the way"));
        }
        return switch (users.find(facts.user())) {
            case Lookup.Pending(var lookup) -> {
                state = new State.LookingUp();
                yield new Step.Later(
                        Lookup.answered(lookup).thenApplyAsync(found -> afterLookup(first, plus, found), loop));
            }
            case Lookup found -> challenge(first, plus, found);
        };
    }

    private Step afterLookup(ClientFirst.Message first, boolean plus, Lookup found) {
        // Closed while it ran: nobody is there to be challenged.
        return state instanceof State.LookingUp
                ? challenge(first, plus, found)
                : protocolError("login ended during its user look-up");
    }

    private Step challenge(ClientFirst.Message first, boolean plus, Lookup found) {
        String scope = facts.route().isEmpty() ? "database " + facts.database() : "route " + facts.route();
        // Made for known users too: the work is the same for everyone.
        ScramVerifier fake = fakes.of(scope, facts.user());
        ScramVerifier verifier = fake;
        boolean privileged = false;
        Optional<Rejection> doom;
        switch (found) {
            case Lookup.Found(StoredPassword password) -> {
                verifier = password.scram().orElse(fake);
                privileged = password.privileged();
                doom = doom(password);
            }
            case Lookup.Unknown() -> doom = Optional.of(unknownUser());
            case Lookup.Failed(String why) -> doom = Optional.of(new Rejection.LookupFailed(why));
            case Lookup.Pending pending ->
                throw new IllegalStateException("a look-up gave another look-up: " + pending);
        }
        String nonce = first.nonce() + serverNonce();
        String serverFirst = "r=" + nonce + ",s=" + Base64.getEncoder().encodeToString(verifier.salt()) + ",i="
                + verifier.iterations();
        state = new State.Challenged(first, plus, nonce, serverFirst, verifier, privileged, doom);
        return new Step.SaslContinue(serverFirst.getBytes(UTF_8));
    }

    private Optional<Rejection> doom(StoredPassword password) {
        if (password.unusable().isEmpty() && password.scram().isEmpty()) {
            return Optional.of(new Rejection.UnusablePassword(facts.user(), "it is no SCRAM verifier"));
        }
        return password.doom(facts.user(), Instant.now());
    }

    private Rejection unknownUser() {
        return facts.route().isEmpty()
                ? new Rejection.UnknownDatabase(facts.database())
                : new Rejection.UnknownUser(facts.user());
    }

    @Override
    public Step onSaslResponse(byte[] data) {
        if (!(state instanceof State.Challenged challenged)) {
            return protocolError("SASLResponse is not expected now");
        }
        return switch (ClientFinal.parse(data)) {
            case ClientFinal.Malformed(String why) -> protocolError(why);
            case ClientFinal.Message last -> onFinal(challenged, last);
        };
    }

    private Step onFinal(State.Challenged challenged, ClientFinal.Message last) {
        if (!last.nonce().equals(challenged.nonce())) {
            return protocolError("SCRAM nonce is not the one of this exchange");
        }
        if (!MessageDigest.isEqual(last.binding().getBytes(UTF_8), expectedBinding(challenged))) {
            return reject(new Rejection.ChannelBindingFailed(
                    challenged.plus()
                            ? "SCRAM channel-binding data is not that of our certificate: the client's TLS ends elsewhere"
                            : "SCRAM channel-binding input is not the header of the first message"));
        }
        byte[] authMessage = (challenged.first().bare() + "," + challenged.serverFirst() + "," + last.withoutProof())
                .getBytes(UTF_8);
        Optional<ScramKeys> keys = challenged.verifier().check(authMessage, last.proof());
        if (challenged.doom().isPresent()) {
            keys.ifPresent(ScramKeys::close);
            users.lookAgain(facts.user());
            return reject(challenged.doom().get());
        }
        if (keys.isEmpty()) {
            users.lookAgain(facts.user());
            return reject(new Rejection.BadPassword(facts.user()));
        }
        state = new State.Ended();
        byte[] signature = challenged.verifier().serverSignature(authMessage);
        return new Step.Accepted(
                identity(keys.get(), challenged),
                ("v=" + Base64.getEncoder().encodeToString(signature)).getBytes(UTF_8));
    }

    private Identity identity(ScramKeys keys, State.Challenged challenged) {
        Method method = challenged.plus() ? Method.SCRAM_SHA_256_PLUS : Method.SCRAM_SHA_256;
        if (passThrough) {
            return new Identity(facts.user(), method, Optional.of(keys), challenged.privileged());
        }
        keys.close();
        return new Identity(facts.user(), method, Optional.empty(), challenged.privileged());
    }

    private byte[] expectedBinding(State.Challenged challenged) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(challenged.first().gs2Header().getBytes(UTF_8));
        input.writeBytes(challenged.plus() ? facts.tlsServerEndPoint().orElse(NO_BINDING) : NO_BINDING);
        return Base64.getEncoder().encode(input.toByteArray());
    }

    private static String serverNonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return Base64.getEncoder().encodeToString(nonce);
    }

    @Override
    public Step onPassword(byte[] password) {
        Arrays.fill(password, (byte) 0);
        return protocolError("a SASL message was expected, not a password");
    }

    @Override
    public void close() {
        state = new State.Ended();
    }

    private Step protocolError(String why) {
        return reject(new Rejection.ProtocolError(why));
    }

    private Step reject(Rejection why) {
        state = new State.Ended();
        return new Step.Rejected(why);
    }
}

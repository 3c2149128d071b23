package dev.postern.auth.client;

import dev.postern.auth.client.UserStore.Lookup;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.Md5Hash;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executor;

/** The server's side of md5: {@code Fresh -> (LookingUp) -> Asked | Scram -> Ended}. */
final class Md5Exchange implements Exchange {
    private static final int SALT_BYTES = 4;
    private static final SecureRandom RANDOM = new SecureRandom();

    private sealed interface State {
        record Fresh() implements State {}

        record LookingUp() implements State {}

        /** @param hash empty for a user that cannot come in: {@code doom} says why */
        record Asked(byte[] salt, Optional<Md5Hash> hash, boolean privileged, Rejection doom) implements State {}

        record Scram(Exchange exchange) implements State {}

        record Ended() implements State {}
    }

    private final LoginFacts facts;
    private final Executor loop;
    private final UserStore users;
    private final FakeVerifiers fakes;
    private final ChannelBinding binding;
    private State state = new State.Fresh();

    Md5Exchange(LoginFacts facts, Executor loop, UserStore users, FakeVerifiers fakes, ChannelBinding binding) {
        this.facts = facts;
        this.loop = loop;
        this.users = users;
        this.fakes = fakes;
        this.binding = binding;
    }

    @Override
    public Step start() {
        if (!(state instanceof State.Fresh)) {
            return protocolError("md5 exchange started twice");
        }
        return switch (users.find(facts.user())) {
            case Lookup.Pending(var lookup) -> {
                state = new State.LookingUp();
                yield new Step.Later(Lookup.answered(lookup)
                        .thenApplyAsync(
                                found -> state instanceof State.LookingUp
                                        ? ask(found)
                                        : protocolError("login ended during its user look-up"),
                                loop));
            }
            case Lookup found -> ask(found);
        };
    }

    private Step ask(Lookup found) {
        return switch (found) {
            case Lookup.Found(StoredPassword password) -> ask(found, password);
            case Lookup.Unknown() -> askStranger(found, new Rejection.UnknownUser(facts.user()));
            case Lookup.Failed(String why) -> askStranger(found, new Rejection.LookupFailed(why));
            case Lookup.Pending pending ->
                throw new IllegalStateException("a look-up gave another look-up: " + pending);
        };
    }

    private Step ask(Lookup found, StoredPassword password) {
        if (password.md5().isEmpty() && password.scram().isPresent()) {
            return askScram(found);
        }
        Optional<Rejection> doom = password.doom(facts.user(), Instant.now());
        return doom.isPresent()
                ? askMd5(Optional.empty(), false, doom.get())
                : askMd5(password.md5(), password.privileged(), new Rejection.BadPassword(facts.user()));
    }

    private Step askScram(Lookup found) {
        Exchange scram = new ScramExchange(facts, loop, new Remembered(users, found), fakes, binding, false);
        state = new State.Scram(scram);
        return scram.start();
    }

    /** The method must not tell who is there. */
    private Step askStranger(Lookup found, Rejection doom) {
        return users.keepsMd5() ? askMd5(Optional.empty(), false, doom) : askScram(found);
    }

    private Step askMd5(Optional<Md5Hash> hash, boolean privileged, Rejection doom) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        state = new State.Asked(salt, hash, privileged, doom);
        return new Step.AskMd5(salt);
    }

    @Override
    public Step onPassword(byte[] password) {
        if (!(state instanceof State.Asked asked)) {
            Arrays.fill(password, (byte) 0);
            return protocolError("a password is not expected now");
        }
        // A user that is not there costs the same two digests as one that is.
        Md5Hash hash = asked.hash().orElse(Md5Hash.NOBODY);
        boolean right = hash.answers(password, asked.salt());
        Arrays.fill(password, (byte) 0);
        if (!right || asked.hash().isEmpty()) {
            users.lookAgain(facts.user());
            return reject(asked.doom());
        }
        state = new State.Ended();
        return new Step.Accepted(new Identity(facts.user(), Method.MD5, Optional.empty(), asked.privileged()));
    }

    @Override
    public Step onSaslInitial(String mechanism, byte[] response) {
        return state instanceof State.Scram(Exchange scram)
                ? scram.onSaslInitial(mechanism, response)
                : protocolError("SASLInitialResponse is not expected now");
    }

    @Override
    public Step onSaslResponse(byte[] data) {
        return state instanceof State.Scram(Exchange scram)
                ? scram.onSaslResponse(data)
                : protocolError("SASLResponse is not expected now");
    }

    @Override
    public void close() {
        if (state instanceof State.Scram(Exchange scram)) {
            scram.close();
        }
        state = new State.Ended();
    }

    private Step protocolError(String why) {
        return reject(new Rejection.ProtocolError(why));
    }

    private Step reject(Rejection why) {
        close();
        return new Step.Rejected(why);
    }

    /** The look-up that has been made for this login already. */
    private record Remembered(UserStore users, Lookup found) implements UserStore {
        @Override
        public Lookup find(String user) {
            return found;
        }

        @Override
        public boolean lookAgain(String user) {
            return users.lookAgain(user);
        }
    }
}

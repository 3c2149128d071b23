package dev.postern.auth.client;

import dev.postern.auth.Secret;
import dev.postern.auth.client.UserStore.Lookup;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.password.ScramVerifier;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * A cleartext password against what is stored of the user. Everyone pays the same PBKDF2, also a user that is not there; a
 * password that fails against a remembered verifier is tried once more when the store has a newer one.
 */
record StoredPasswordCheck(
        LoginFacts facts, UserStore users, FakeVerifiers fakes, Executor stretching, boolean passThrough)
        implements CleartextCheck {

    @Override
    public CompletionStage<Step> check(Secret password) {
        return look().thenComposeAsync(
                        found -> {
                            Step first = judge(found, password);
                            boolean again = first instanceof Step.Rejected && users.lookAgain(facts.user());
                            return again
                                    ? look().thenApplyAsync(
                                                    newer -> newer.equals(found) ? first : judge(newer, password),
                                                    stretching)
                                    : CompletableFuture.completedFuture(first);
                        },
                        stretching)
                .whenComplete((step, failure) -> password.wipe());
    }

    private CompletionStage<Lookup> look() {
        return switch (users.find(facts.user())) {
            case Lookup.Pending(var lookup) -> lookup;
            case Lookup found -> CompletableFuture.completedFuture(found);
        };
    }

    private Step judge(Lookup found, Secret password) {
        return switch (found) {
            case Lookup.Found(StoredPassword stored) -> judge(stored, password);
            case Lookup.Failed(String why) -> new Step.Rejected(new Rejection.LookupFailed(why));
            case Lookup.Unknown() -> {
                fakes.of("route " + facts.route(), facts.user()).matches(password);
                yield new Step.Rejected(new Rejection.UnknownUser(facts.user()));
            }
            case Lookup.Pending pending ->
                throw new IllegalStateException("a look-up gave another look-up: " + pending);
        };
    }

    private Step judge(StoredPassword stored, Secret password) {
        Optional<Rejection> doom = stored.doom(facts.user(), Instant.now());
        Optional<Identity> identity = password.length() == 0 ? Optional.empty() : identity(stored, password);
        if (doom.isPresent()) {
            identity.flatMap(Identity::passThrough).ifPresent(ScramKeys::close);
            return new Step.Rejected(doom.get());
        }
        return identity.<Step>map(Step.Accepted::new)
                .orElseGet(() -> new Step.Rejected(new Rejection.BadPassword(facts.user())));
    }

    private Optional<Identity> identity(StoredPassword stored, Secret password) {
        if (stored.scram().isEmpty()) {
            // As slow as everyone else, or the time would tell who is stored with md5.
            fakes.of("route " + facts.route(), facts.user()).matches(password);
            boolean right = stored.md5()
                    .filter(Md5Hash.of(password, facts.user())::equals)
                    .isPresent();
            return right ? Optional.of(identity(Optional.empty(), stored)) : Optional.empty();
        }
        ScramVerifier verifier = stored.scram().get();
        ScramKeys keys = ScramKeys.derive(password, verifier.salt(), verifier.iterations());
        boolean right = keys.verifier().equals(verifier);
        if (right && passThrough) {
            return Optional.of(identity(Optional.of(keys), stored));
        }
        keys.close();
        return right ? Optional.of(identity(Optional.empty(), stored)) : Optional.empty();
    }

    private Identity identity(Optional<ScramKeys> keys, StoredPassword stored) {
        return new Identity(facts.user(), Method.PASSWORD, keys, stored.privileged());
    }
}

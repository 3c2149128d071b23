package dev.postern.auth.client;

import dev.postern.auth.Secret;
import java.util.concurrent.CompletionStage;

/** Somebody outside the gateway who knows whether a secret proves a user: an issuer of tokens, a directory, a cluster. */
public interface OutsideCheck {
    /**
     * Never blocks.
     *
     * @param secret the caller's; it is wiped when the stage is complete
     * @return on any thread; a failed stage means that nobody could be asked
     */
    CompletionStage<Verdict> check(LoginFacts facts, Secret secret);

    /** The answer. */
    sealed interface Verdict {
        record Proved() implements Verdict {}

        record Refused(Rejection why) implements Verdict {}
    }
}

package dev.postern.auth.client;

import dev.postern.auth.Secret;
import java.util.concurrent.CompletionStage;

/** Decides on a cleartext password: a stored one, a directory's, a token. */
interface CleartextCheck {
    /**
     * Called on the login's loop and does not block.
     *
     * @param password the check's own; it wipes it
     * @return Accepted or Rejected, on any thread; a failure counts as a look-up that failed
     */
    CompletionStage<Step> check(Secret password);
}

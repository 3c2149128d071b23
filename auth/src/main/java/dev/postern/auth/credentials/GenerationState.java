package dev.postern.auth.credentials;

import java.time.Instant;

/**
 * How a generation of credentials stands.
 *
 * @param phase CURRENT opens connections, RETIRING only finishes what runs, DEAD must be closed
 * @param deadline when its connections must be gone; moves on with every renewal, {@link Instant#MAX} where nothing ends.
 *     {@link CredentialListener#ended} comes at that moment
 * @param servesUntil until then new transactions may begin on connections of a RETIRING generation that are still open: what
 *     is left afterwards is too little. {@link CredentialListener#spent} comes at that moment
 * @param overdue its lease should have ended, but who would end it is away (or its token died): connections may go on,
 *     but the role may vanish at any moment, so every checkout must be preceded by a role check
 */
public record GenerationState(Phase phase, Instant deadline, Instant servesUntil, boolean overdue) {
    /** CURRENT to RETIRING to DEAD, never back. */
    public enum Phase {
        CURRENT,
        RETIRING,
        DEAD
    }

    public static final GenerationState DEAD = new GenerationState(Phase.DEAD, Instant.MIN, Instant.MIN, false);

    /** A current generation that nothing ends. */
    public static final GenerationState LASTING = new GenerationState(Phase.CURRENT, Instant.MAX, Instant.MAX, false);

    /** A replaced generation that nothing ends: a password change does not touch open sessions. */
    public static final GenerationState REPLACED = new GenerationState(Phase.RETIRING, Instant.MAX, Instant.MAX, false);
}

package dev.postern.tls;

import java.util.List;

/** How a reload ended. */
public sealed interface ReloadOutcome {
    /** What the files say is in use now. */
    record Swapped() implements ReloadOutcome {}

    /**
     * The files cannot be used; what was in use still is.
     *
     * @param problems everything found wrong, never empty
     */
    record Refused(List<TlsProblem> problems) implements ReloadOutcome {}
}

package dev.postern.auth.credentials;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Gives the credential of a route's server connections. All methods may be called on any thread and none blocks; stages
 * complete and listeners are called on threads of the source's choice (never the caller's event loop on purpose).
 *
 * <p>Each credential that {@link #acquire} hands out is counted until {@link #release}: a leased one is revoked only
 * when its generation has been replaced <em>and</em> nothing holds it any more.
 */
public interface CredentialSource extends AutoCloseable {
    /**
     * The credential for one new server connection. Fails with {@link CredentialUnavailable}, at once where the last try
     * failed and nothing is under way, so a client is not kept waiting for a Vault that is away. Whoever receives a
     * credential must release it exactly once.
     */
    CompletionStage<Credential> acquire();

    /** The server has let a login with this credential in: what refuses it later has taken it away. Calling it often costs nothing. */
    default void accepted(Credential used) {}

    /** The server connection that was opened (or could not be opened) with this credential is gone. */
    void release(Credential credential);

    /**
     * How this generation stands now. Cheap: called before every checkout. A generation that the source does not know
     * (any more) is DEAD.
     */
    GenerationState generation(long generation);

    /** The listener hears of every change after the call. */
    void listen(CredentialListener listener);

    /**
     * The server refused this credential (28P01 at login, 42704, 42501, 42P01 found by the role check ...): a leased one
     * is lost and is replaced, a watched one is read again. Calling it often for one generation costs nothing.
     */
    void refused(Credential used, String sqlState);

    /**
     * The server refused a new login with this credential. True: its role is gone. False: nobody can have dropped the
     * role, but its time is over, which shuts out logins alone.
     */
    default CompletionStage<Boolean> isGone(Credential refused) {
        return CompletableFuture.completedStage(true);
    }

    /** Another credential is there, or being looked for, in place of this one that was refused: who needs one had better wait for it. */
    default boolean isReplacing(Credential refused) {
        return false;
    }

    /**
     * A transaction on this source's connections lasted so long. A leased source learns from it how much of a lease a new
     * transaction needs, and rotates no earlier than that asks for. One volatile read in the common case.
     */
    default void transactionEnded(Duration lasted) {}

    /** For metrics, the console and logs. */
    CredentialStatus status();

    /** Ends the source; what it leased is revoked in the background as soon as every credential is released. */
    @Override
    void close();
}

package dev.postern.auth.credentials;

/** Hears how a source's generations change. Called in order, on a thread of the source's choice; must not block. */
public interface CredentialListener {
    /**
     * This generation is CURRENT now and the one before it RETIRING: open new connections with it, let active
     * transactions finish on the old one. The credential is shown, not handed out: {@link CredentialSource#acquire} it to use it.
     */
    void rotated(Credential current);

    /**
     * Too little is left of this RETIRING generation for a transaction to begin on it: close its idle connections now, lent
     * ones when they come back. Its role lives on until {@link #ended}.
     */
    default void spent(Credential credential) {}

    /**
     * The server knows this generation's role no more. Its connections are of no use to whoever comes next: close idle
     * ones now, lent ones when they come back. Transactions that run may still end: {@link #ended} comes some seconds later.
     */
    default void lost(Credential credential, String reason) {}

    /**
     * This generation is DEAD: close every connection it opened now. It was lost some seconds ago, or its deadline has come
     * while the issuer is there (and will drop the role).
     */
    default void ended(Credential credential, String reason) {}
}

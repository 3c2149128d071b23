package dev.postern.auth.credentials;

/** No usable credential now. The message is for the operator (it may name hosts and paths); clients get 57P03 without it. */
public final class CredentialUnavailable extends Exception {
    private static final long serialVersionUID = 1L;

    public CredentialUnavailable(String message) {
        super(message);
    }

    public CredentialUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}

package dev.postern.gateway;

/** The gateway cannot start, or a configuration cannot be applied; the message is one clear line for the operator. */
public final class StartFailure extends Exception {
    private static final long serialVersionUID = 1L;

    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }
}

package dev.postern.auth.kubernetes.api;

/** A request that did not end as asked. The message is for the operator: it names address, status and the server's reason. */
public final class ApiFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** There was no answer: the server is away, or what is needed to ask it is not there. */
    public static final int NO_ANSWER = 0;

    /** What a watch asked to go on from is forgotten already: list again. */
    public static final int GONE = 410;

    private final int status;

    ApiFailure(int status, String message) {
        super(message);
        this.status = status;
    }

    ApiFailure(String message, Throwable cause) {
        super(message, cause);
        this.status = NO_ANSWER;
    }

    /** HTTP's, or that of the object that came in its place. */
    public int status() {
        return status;
    }
}

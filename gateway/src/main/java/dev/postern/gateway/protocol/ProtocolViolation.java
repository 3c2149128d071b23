package dev.postern.gateway.protocol;

/**
 * The peer sent bytes that are no message. Thrown by the decoders on the event loop, without a stack trace: it tells about
 * the peer, not about our code, and a flood of bad packets must stay cheap. The connection is closed after it. The message is
 * what the client may read; {@link #refusal()} maps to the ErrorResponse.
 */
public final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    /** With SQLSTATE 08P01. */
    public ProtocolViolation(String message) {
        this(new Refusal.ProtocolViolated(message), message);
    }

    ProtocolViolation(Refusal refusal, String message) {
        super(message, null, false, false);
        this.refusal = refusal;
    }

    public Refusal refusal() {
        return refusal;
    }
}

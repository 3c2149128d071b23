package dev.postern.gateway.protocol;

/** Where a session stands, as its last ReadyForQuery said. */
public enum TransactionStatus {
    IDLE('I'),
    IN_TRANSACTION('T'),
    /** Commands are refused until ROLLBACK. */
    FAILED('E');

    private final byte code;

    TransactionStatus(char code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    /** @throws ProtocolViolation when there is no such status */
    public static TransactionStatus of(byte code) {
        return switch (code) {
            case 'I' -> IDLE;
            case 'T' -> IN_TRANSACTION;
            case 'E' -> FAILED;
            default -> throw new ProtocolViolation("invalid transaction status " + Byte.toUnsignedInt(code));
        };
    }
}

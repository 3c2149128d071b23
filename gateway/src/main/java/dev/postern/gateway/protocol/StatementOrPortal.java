package dev.postern.gateway.protocol;

/** What a Describe or Close names. */
public enum StatementOrPortal {
    STATEMENT('S'),
    PORTAL('P');

    private final byte code;

    StatementOrPortal(char code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    static StatementOrPortal of(byte code, String message) {
        return switch (code) {
            case 'S' -> STATEMENT;
            case 'P' -> PORTAL;
            default ->
                throw new ProtocolViolation("invalid " + message + " message subtype " + Byte.toUnsignedInt(code));
        };
    }
}

package dev.postern.gateway.protocol;

/** The format code of a parameter or column. */
public enum Format {
    TEXT,
    BINARY;

    short code() {
        return (short) ordinal();
    }

    static Format of(short code) {
        return switch (code) {
            case 0 -> TEXT;
            case 1 -> BINARY;
            default -> throw new ProtocolViolation("unsupported format code: " + code);
        };
    }
}

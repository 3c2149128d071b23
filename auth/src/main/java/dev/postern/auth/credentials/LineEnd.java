package dev.postern.auth.credentials;

/** The line end that editors put behind a value, which is not part of it. */
public final class LineEnd {
    private LineEnd() {}

    /** How much of these bytes stands before one LF or CRLF at their end. */
    public static int before(byte[] bytes) {
        int end = bytes.length;
        if (end > 0 && bytes[end - 1] == '\n') {
            end--;
        }
        if (end > 0 && bytes[end - 1] == '\r') {
            end--;
        }
        return end;
    }
}

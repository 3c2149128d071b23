package dev.postern.gateway.config.yaml;

/** Text of a file made safe for a one-line message: no control characters, and not endless. */
final class Printable {
    /** Characters of a value that a message shows. */
    private static final int SHOWN = 80;

    private Printable() {}

    static String text(String raw) {
        StringBuilder safe = new StringBuilder(Math.min(raw.length(), SHOWN) + 3);
        int shown = 0;
        for (int i = 0; i < raw.length() && shown < SHOWN; shown++) {
            int point = raw.codePointAt(i);
            i += Character.charCount(point);
            safe.appendCodePoint(isSafe(point) ? point : '?');
        }
        return raw.codePointCount(0, raw.length()) > SHOWN ? safe.append("...").toString() : safe.toString();
    }

    private static boolean isSafe(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}

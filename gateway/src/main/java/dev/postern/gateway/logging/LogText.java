package dev.postern.gateway.logging;

/** Texts as they may stand in a line of the log: clients choose some of them, and must not be able to forge a line. */
final class LogText {
    private LogText() {}

    /** As it is when it is a plain word; otherwise in quotes. */
    static void appendValue(StringBuilder out, String text) {
        if (isPlain(text)) {
            out.append(text);
            return;
        }
        out.append('"');
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            append(out, c);
        });
        out.append('"');
    }

    /** With everything escaped that could end the line or hide a part of it. */
    static String oneLine(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> append(out, c));
        return out.toString();
    }

    private static boolean isPlain(String text) {
        return !text.isEmpty()
                && text.chars()
                        .allMatch(
                                c -> c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=' && c != '\'' && c != '`');
    }

    private static void append(StringBuilder out, int c) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (isInvisible(c)) {
                    out.append(String.format(c > 0xffff ? "\\U%08x" : "\\u%04x", c));
                } else {
                    out.appendCodePoint(c);
                }
            }
        }
    }

    /** Control characters, line separators, and those that turn the direction of writing. */
    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> true;
            default -> false;
        };
    }
}

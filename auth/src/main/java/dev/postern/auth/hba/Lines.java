package dev.postern.auth.hba;

import java.util.ArrayList;
import java.util.List;

/** Splits a file into lines of fields: comments, quotes, commas, and lines continued by a backslash, as PostgreSQL does. */
final class Lines {
    /** A line with something in it; {@code number} is that of its first physical line. */
    record Line(int number, List<Token.Field> fields) {}

    private final Problems problems;

    Lines(Problems problems) {
        this.problems = problems;
    }

    List<Line> of(String content) {
        List<Line> lines = new ArrayList<>();
        List<String> physical = content.lines().toList();
        for (int i = 0; i < physical.size(); i++) {
            int number = i + 1;
            StringBuilder line = new StringBuilder(physical.get(i));
            while (line.length() > 0 && line.charAt(line.length() - 1) == '\\' && i + 1 < physical.size()) {
                line.setLength(line.length() - 1);
                line.append(physical.get(++i));
            }
            List<Token.Field> fields = fields(number, line.toString());
            if (!fields.isEmpty()) {
                lines.add(new Line(number, fields));
            }
        }
        return lines;
    }

    private List<Token.Field> fields(int number, String line) {
        List<Token.Field> fields = new ArrayList<>();
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == '#') {
                break;
            }
            if (c == ',' || Character.isWhitespace(c)) {
                at++;
                continue;
            }
            Token token = token(number, line, at);
            tokens.add(token);
            at = end(line, at);
            // A comma after it, with or without blanks before what follows, goes on with the field.
            if (at >= line.length() || line.charAt(at) != ',') {
                fields.add(
                        new Token.Field(List.copyOf(tokens), tokens.getFirst().column()));
                tokens.clear();
            }
        }
        if (!tokens.isEmpty()) {
            fields.add(new Token.Field(List.copyOf(tokens), tokens.getFirst().column()));
        }
        return fields;
    }

    private Token token(int number, String line, int start) {
        StringBuilder text = new StringBuilder();
        boolean quoted = false;
        boolean inQuotes = false;
        int end = end(line, start);
        for (int i = start; i < end; i++) {
            char c = line.charAt(i);
            if (c == '"') {
                boolean doubled = inQuotes && i + 1 < end && line.charAt(i + 1) == '"';
                if (doubled) {
                    text.append('"');
                    i++;
                } else {
                    inQuotes = !inQuotes;
                    quoted = true;
                }
            } else {
                text.append(c);
            }
        }
        if (inQuotes) {
            problems.add(number, start + 1, "a quote is opened and not closed");
        }
        return new Token(text.toString(), quoted, start + 1);
    }

    private static int end(String line, int start) {
        boolean inQuotes = false;
        int at = start;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == '"') {
                inQuotes = !inQuotes;
            } else if (!inQuotes && (c == ',' || c == '#' || Character.isWhitespace(c))) {
                return at;
            }
            at++;
        }
        return at;
    }
}

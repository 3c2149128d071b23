package dev.postern.auth.hba;

import java.util.List;

/**
 * A word of a line.
 *
 * @param quoted a quoted word is no keyword; a slash at its beginning makes it an expression all the same
 * @param column of its first character, from 1
 */
record Token(String text, boolean quoted, int column) {
    boolean is(String keyword) {
        return !quoted && text.equals(keyword);
    }

    boolean isPattern() {
        return text.startsWith("/") && text.length() > 1;
    }

    /**
     * A field: words with commas between them.
     *
     * @param column of its first word
     */
    record Field(List<Token> tokens, int column) {
        Token only() {
            return tokens.getFirst();
        }
    }
}

package dev.postern.routing;

import java.util.ArrayList;
import java.util.List;

/**
 * The name of the backend's database made of what a pattern's stars stood for: {@code $1} to {@code $9}, and {@code $$}
 * for a dollar. Immutable.
 */
public final class DatabaseTemplate {
    private final List<Piece> pieces;

    private sealed interface Piece {
        record Literal(String text) implements Piece {}

        /** Counted from 0. */
        record Capture(int index) implements Piece {}
    }

    private DatabaseTemplate(List<Piece> pieces) {
        this.pieces = List.copyOf(pieces);
    }

    /**
     * Reads the text.
     *
     * @throws IllegalArgumentException for a dollar that stands for nothing
     */
    public static DatabaseTemplate parse(String text) {
        List<Piece> pieces = new ArrayList<>();
        int from = 0;
        for (int dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', from)) {
            pieces.add(new Piece.Literal(text.substring(from, dollar)));
            char next = dollar + 1 < text.length() ? text.charAt(dollar + 1) : ' ';
            if (next == '$') {
                pieces.add(new Piece.Literal("$"));
            } else if (next >= '1' && next <= '9') {
                pieces.add(new Piece.Capture(next - '1'));
            } else {
                throw new IllegalArgumentException("a $ in \"" + text + "\" is followed by neither 1 to 9 nor $");
            }
            from = dollar + 2;
        }
        pieces.add(new Piece.Literal(text.substring(from)));
        return new DatabaseTemplate(pieces);
    }

    /** How many captures {@link #expand} needs. */
    public int needed() {
        return pieces.stream()
                .mapToInt(piece -> piece instanceof Piece.Capture(int index) ? index + 1 : 0)
                .max()
                .orElse(0);
    }

    /**
     * The database's name.
     *
     * @param captures of {@link RouteDecision.Matched}
     * @throws IllegalArgumentException when there are fewer than the template uses; a checked configuration has none such
     */
    public String expand(List<String> captures) {
        StringBuilder name = new StringBuilder();
        for (Piece piece : pieces) {
            switch (piece) {
                case Piece.Literal(String text) -> name.append(text);
                case Piece.Capture(int index) -> {
                    if (index >= captures.size()) {
                        throw new IllegalArgumentException("no star stands behind $" + (index + 1));
                    }
                    name.append(captures.get(index));
                }
            }
        }
        return name.toString();
    }
}

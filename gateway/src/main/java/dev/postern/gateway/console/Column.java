package dev.postern.gateway.console;

import java.util.ArrayList;
import java.util.List;

/** A column of one of the console's tables. */
record Column(String name, ColumnType type) {
    /**
     * Columns by PgBouncer's letters: {@code s} text, {@code i} int4, {@code q} int8, {@code N} numeric, {@code T} a time
     * (printed, as text), {@code b} bytea.
     */
    static List<Column> of(String letters, String... names) {
        if (letters.length() != names.length) {
            throw new IllegalArgumentException(letters.length() + " types for " + names.length + " columns");
        }
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            columns.add(new Column(names[i], type(letters.charAt(i))));
        }
        return List.copyOf(columns);
    }

    private static ColumnType type(char letter) {
        return switch (letter) {
            case 's', 'T' -> ColumnType.TEXT;
            case 'i' -> ColumnType.INT4;
            case 'q' -> ColumnType.INT8;
            case 'N' -> ColumnType.NUMERIC;
            case 'b' -> ColumnType.BYTEA;
            default -> throw new IllegalArgumentException("no type " + letter);
        };
    }
}

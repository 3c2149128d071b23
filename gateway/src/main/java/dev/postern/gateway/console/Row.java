package dev.postern.gateway.console;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A row: each value as text, empty for NULL. */
record Row(List<Optional<String>> values) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

    /** Numbers, texts, times, and Optionals of them. */
    static Row of(Object... values) {
        List<Optional<String>> texts = new ArrayList<>();
        for (Object value : values) {
            texts.add(value instanceof Optional<?> optional ? optional.map(Row::text) : Optional.of(text(value)));
        }
        return new Row(List.copyOf(texts));
    }

    private static String text(Object value) {
        return switch (value) {
            case Instant time -> TIME.format(time);
            case Boolean flag -> flag ? "1" : "0";
            default -> value.toString();
        };
    }
}

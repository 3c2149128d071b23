package dev.postern.gateway.config.yaml;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as the file writes them: {@code 500ms}, {@code 15s}, {@code 2m30s}, {@code 1h}, {@code 1d}, and a bare 0. */
public final class Durations {
    /** The longest duration a file may hold: enough for "never", and no sum of two overflows. */
    public static final Duration MAX = Duration.ofDays(36_500);

    static final String EXPECTED = "a duration such as 500ms, 15s, 2m30s, 1h or 1d";

    private static final Pattern WHOLE = Pattern.compile("(?:\\d{1,12}(?:ms|[smhd]))+");
    private static final Pattern PART = Pattern.compile("(\\d{1,12})(ms|[smhd])");

    private Durations() {}

    /**
     * Reads one duration.
     *
     * @throws IllegalArgumentException whose message goes on from the text: "has no unit"
     */
    public static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        if (!WHOLE.matcher(text).matches()) {
            boolean bare = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
            throw new IllegalArgumentException(bare ? "has no unit" : "is not a duration");
        }
        Duration sum = Duration.ZERO;
        Matcher parts = PART.matcher(text);
        while (parts.find()) {
            sum = sum.plus(part(Long.parseLong(parts.group(1)), parts.group(2)));
        }
        if (sum.compareTo(MAX) > 0) {
            throw new IllegalArgumentException("is longer than " + print(MAX));
        }
        return sum;
    }

    /** The shortest text that {@link #parse} reads as this duration, to the millisecond. */
    public static String print(Duration duration) {
        if (duration.isZero()) {
            return "0";
        }
        StringBuilder text = new StringBuilder();
        append(text, duration.toDaysPart(), "d");
        append(text, duration.toHoursPart(), "h");
        append(text, duration.toMinutesPart(), "m");
        append(text, duration.toSecondsPart(), "s");
        append(text, duration.toMillisPart(), "ms");
        return text.toString();
    }

    private static void append(StringBuilder text, long amount, String unit) {
        if (amount != 0) {
            text.append(amount).append(unit);
        }
    }

    private static Duration part(long amount, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }
}

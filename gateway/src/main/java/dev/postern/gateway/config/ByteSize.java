package dev.postern.gateway.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of memory, in PostgreSQL's units: {@code 512B}, {@code 64kB}, {@code 1MB}, {@code 2GB}; 1kB is 1024 bytes.
 *
 * @param bytes not negative
 */
public record ByteSize(long bytes) {
    static final String EXPECTED = "a size such as 512B, 64kB, 1MB or 2GB";

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})(B|kB|MB|GB)");

    static ByteSize parse(String text) {
        if (text.equals("0")) {
            return new ByteSize(0);
        }
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(text.matches("[0-9]+") ? "has no unit" : "is not a size");
        }
        int shift = switch (matcher.group(2)) {
            case "B" -> 0;
            case "kB" -> 10;
            case "MB" -> 20;
            default -> 30;
        };
        return new ByteSize(Long.parseLong(matcher.group(1)) << shift);
    }

    /** The shortest text that {@link #parse} reads as this size. */
    @Override
    public String toString() {
        String[] units = {"B", "kB", "MB", "GB"};
        long amount = bytes;
        int unit = 0;
        while (unit < units.length - 1 && amount != 0 && amount % 1024 == 0) {
            amount /= 1024;
            unit++;
        }
        return amount + units[unit];
    }
}

package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text that is one SET or RESET, strictly: what it does not take for certain it leaves to the server to be asked
 * about. Only of texts without a second statement; whether the server takes it as well its command tag says.
 */
final class SettingText {
    /** A longer value is for {@link Inquiry} to judge. */
    private static final int MOST_VALUE_LENGTH = 8192;

    /**
     * What is more than a value that stays: who the session is, what belongs to one transaction, what cannot be asked for
     * or reset; names of old for other settings.
     */
    private static final Set<String> OTHERS = Set.of(
            "is_superuser",
            SettingsChange.ROLE,
            "seed",
            "session_authorization",
            "sort_mem",
            "transaction_deferrable",
            "transaction_isolation",
            "transaction_read_only",
            "vacuum_mem");

    private static final SettingStatement PASSING = new SettingStatement.Passing();

    private final ByteBuf in;
    private final int to;
    private int at;

    private SettingText(ByteBuf in, int from, int to) {
        this.in = in;
        this.to = to;
        this.at = Blank.skip(in, from, to);
    }

    /** The same of a text that was looked at: most are not read. */
    static @Nullable SettingStatement of(int look, ByteBuf in, int from, int to) {
        boolean sets = (look & (TextLook.SETS | TextLook.FORGETS)) != 0;
        return sets && (look & (TextLook.MORE | TextLook.SET_CONFIG)) == 0 ? read(in, from, to) : null;
    }

    /** What the text does, or null if it is another one or not certain; a zero byte ends it. */
    static @Nullable SettingStatement read(ByteBuf in, int from, int to) {
        int end = in.indexOf(from, to, (byte) 0);
        SettingText text = new SettingText(in, from, end < 0 ? to : end);
        return text.take("set") ? text.set() : text.take("reset") ? text.reset() : null;
    }

    private @Nullable SettingStatement set() {
        if (takeBeforeName("local")) {
            return PASSING;
        }
        if (takeBeforeName("session") && take("characteristics")) {
            return take("as") && take("transaction") ? characteristics() : null;
        }
        if (takeBeforeName("transaction")) {
            return PASSING;
        }
        if (takeBeforeName("time")) {
            return take("zone") ? timeZone() : null;
        }
        if (isAtEnd("names")) {
            return new SettingStatement.Resets("client_encoding");
        }
        if (takeBeforeName("names")) {
            return isAtEnd("default") ? new SettingStatement.Resets("client_encoding") : PASSING;
        }
        if (takeBeforeName(SettingsChange.ROLE)) {
            return role();
        }
        String name = name();
        if (name == null || !take('=') && !take("to")) {
            return null;
        }
        if (isAtEnd("default")) {
            return new SettingStatement.Resets(name);
        }
        if (SessionSettings.isAlwaysReported(name)) {
            return PASSING;
        }
        String value = value(name);
        return value == null ? null : new SettingStatement.Sets(Map.of(name, value));
    }

    private @Nullable SettingStatement reset() {
        if (isAtEnd("all")) {
            return new SettingStatement.ResetsAll();
        }
        if (takeBeforeName("time")) {
            return isAtEnd("zone") ? new SettingStatement.Resets("timezone") : null;
        }
        if (isAtEnd(SettingsChange.ROLE)) {
            return new SettingStatement.Resets(SettingsChange.ROLE);
        }
        String name = name();
        return name != null && isAtEnd() ? new SettingStatement.Resets(name) : null;
    }

    private @Nullable SettingStatement role() {
        String role = word();
        return role != null && isAtEnd() ? new SettingStatement.Sets(Map.of(SettingsChange.ROLE, role)) : null;
    }

    /** The value of whatever kind is reported. */
    private @Nullable SettingStatement timeZone() {
        return isAtEnd("local") || isAtEnd("default") ? new SettingStatement.Resets("timezone") : PASSING;
    }

    private @Nullable SettingStatement characteristics() {
        Map<String, String> values = new TreeMap<>();
        do {
            if (take("isolation")) {
                String level = take("level") ? level() : null;
                if (level == null) {
                    return null;
                }
                values.put("default_transaction_isolation", level);
            } else if (take("read")) {
                boolean only = take("only");
                if (!only && !take("write")) {
                    return null;
                }
                values.put("default_transaction_read_only", only ? "on" : "off");
            } else {
                boolean not = take("not");
                if (!take("deferrable")) {
                    return null;
                }
                values.put("default_transaction_deferrable", not ? "off" : "on");
            }
            take(','); // PostgreSQL lets it be left out
        } while (!isAtEnd());
        return new SettingStatement.Sets(values);
    }

    private @Nullable String level() {
        if (take("serializable")) {
            return "serializable";
        }
        if (take("repeatable")) {
            return take("read") ? "repeatable read" : null;
        }
        if (!take("read")) {
            return null;
        }
        return take("committed") ? "read committed" : take("uncommitted") ? "read uncommitted" : null;
    }

    // ---- names and values

    /** A name that stands for a value and nothing else, in lower case, or null. */
    private @Nullable String name() {
        int start = at;
        int end = at;
        while (end < to && (in.getByte(end) == '.' || isAsciiPart(in.getByte(end)))) {
            end++;
        }
        if (end == start || end - start > Identifier.MOST_LENGTH || !isLetter(in.getByte(start))) {
            return null;
        }
        String name = SessionSettings.key(in.toString(start, end - start, StandardCharsets.US_ASCII));
        at = Blank.skip(in, end, to);
        return OTHERS.contains(name) ? null : name;
    }

    private @Nullable String value(String setting) {
        if (!IdentifierList.isValueOf(setting)) {
            String one = isDigitOrMinus() ? number() : word();
            return one != null && isAtEnd() ? one : null;
        }
        List<String> names = new ArrayList<>();
        do {
            String one = word();
            if (one == null) {
                return null;
            }
            names.add(one);
        } while (take(','));
        return isAtEnd() ? IdentifierList.write(names) : null;
    }

    private boolean isDigitOrMinus() {
        return at < to && (in.getByte(at) == '-' || in.getByte(at) >= '0' && in.getByte(at) <= '9');
    }

    /** As PostgreSQL writes it again: decimal, and no zeros before it. */
    private @Nullable String number() {
        int start = at;
        int end = at + (in.getByte(at) == '-' ? 1 : 0);
        while (end < to && (in.getByte(end) == '.' || isAsciiPart(in.getByte(end)))) {
            end++;
        }
        String number = in.toString(start, end - start, StandardCharsets.US_ASCII);
        at = Blank.skip(in, end, to);
        return number.length() <= 9 && number.matches("0|-?[1-9][0-9]*|0\\.[0-9]+|-?[1-9][0-9]*\\.[0-9]+")
                ? number
                : null;
    }

    /** A literal, an identifier in quotes or a word. */
    private @Nullable String word() {
        if (at == to) {
            return null;
        }
        byte first = in.getByte(at);
        return switch (first) {
            case '\'' -> quoted((byte) '\'', MOST_VALUE_LENGTH);
            case '"' -> quoted((byte) '"', Identifier.MOST_LENGTH);
            default -> plainWord();
        };
    }

    private @Nullable String plainWord() {
        int end = at;
        while (end < to && isAsciiPart(in.getByte(end))) {
            end++;
        }
        if (end == at || end - at > Identifier.MOST_LENGTH || !isLetter(in.getByte(at))) {
            return null;
        }
        String word = SessionSettings.key(in.toString(at, end - at, StandardCharsets.US_ASCII));
        at = Blank.skip(in, end, to);
        return word.equals("default") ? null : word;
    }

    /** ASCII without a backslash, which means the same under each encoding and standard_conforming_strings. */
    private @Nullable String quoted(byte quote, int most) {
        StringBuilder value = new StringBuilder();
        for (int i = at + 1; i < to && value.length() <= most; i++) {
            byte b = in.getByte(i);
            if (b == quote) {
                if (i + 1 == to || in.getByte(i + 1) != quote) {
                    at = Blank.skip(in, i + 1, to);
                    return quote == '"' && value.isEmpty() ? null : value.toString();
                }
                i++;
            } else if (b < 0 || b == '\\') {
                return null;
            }
            value.append((char) b);
        }
        return null;
    }

    // ---- words

    private boolean take(String word) {
        int behind = TextLook.behind(in, at, to, word);
        at = Math.max(at, behind);
        return behind >= 0;
    }

    private boolean take(char c) {
        boolean there = at < to && in.getByte(at) == c;
        at = there ? Blank.skip(in, at + 1, to) : at;
        return there;
    }

    /** The word is no part of a name with dots, nor the whole of one that is given a value. */
    private boolean takeBeforeName(String word) {
        int behind = TextLook.behind(in, at, to, word);
        boolean taken = behind > 0
                && behind < to
                && in.getByte(behind) != '.'
                && in.getByte(behind) != '='
                && !TextLook.isWord(in, behind, to, "to");
        at = taken ? behind : at;
        return taken;
    }

    /** Nothing follows the word. */
    private boolean isAtEnd(String word) {
        int behind = TextLook.behind(in, at, to, word);
        return behind >= 0 && isEnd(behind);
    }

    private boolean isAtEnd() {
        return isEnd(at);
    }

    private boolean isEnd(int from) {
        int end = from;
        while (end < to && in.getByte(end) == ';') {
            end = Blank.skip(in, end + 1, to);
        }
        return end == to;
    }

    private static boolean isLetter(byte b) {
        return (b | 0x20) >= 'a' && (b | 0x20) <= 'z' || b == '_';
    }

    private static boolean isAsciiPart(byte b) {
        return b > 0 && TextLook.isPartOfWord(b);
    }
}

package dev.postern.gateway.pgbouncer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The section [pgbouncer] of an ini file, and what there is to say about the file. */
final class IniSettings {
    private final Map<String, IniFile.Entry> entries = new LinkedHashMap<>();
    private final List<IniFile.Note> notes = new ArrayList<>();

    void put(IniFile.Entry entry) {
        entries.put(entry.key().toLowerCase(Locale.ROOT), entry);
    }

    List<IniFile.Entry> all() {
        return List.copyOf(entries.values());
    }

    /** The value; one that is not there and an empty one are the same. */
    Optional<String> get(String key) {
        return Optional.ofNullable(entries.get(key)).map(IniFile.Entry::value).filter(value -> !value.isEmpty());
    }

    /** Whether it stands there with nothing behind it. */
    boolean isEmptied(String key) {
        return Optional.ofNullable(entries.get(key))
                .map(IniFile.Entry::value)
                .filter(String::isEmpty)
                .isPresent();
    }

    List<IniFile.Note> notes() {
        return notes;
    }

    void note(IniFile.Entry entry, String text) {
        notes.add(new IniFile.Note(entry.place(), text));
    }

    /** Says something of a key; nothing where the file does not have it. */
    void note(String key, String text) {
        IniFile.Entry entry = entries.get(key);
        if (entry != null) {
            note(entry, key + ": " + text);
        }
    }

    /** As YAML. */
    static String quoted(String text) {
        return PgBouncerKey.quoted(text);
    }

    /** Relative ones are relative to the working directory, as PgBouncer has it. */
    static String path(String text) {
        return quoted(Path.of(text).toAbsolutePath().normalize().toString());
    }
}

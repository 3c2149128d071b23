package dev.postern.gateway.pgbouncer;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What became of an ini file.
 *
 * @param yaml our file
 * @param notes what works differently, or not at all, each with its place
 */
public record Conversion(String yaml, List<IniFile.Note> notes) {
    public Conversion {
        notes = List.copyOf(notes);
    }

    /** The file with the notes before it, as comments. */
    public String commented() {
        return notes.stream()
                        .map(note -> "# " + oneLine(note.toString()) + "\n")
                        .collect(Collectors.joining())
                + yaml;
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }
}

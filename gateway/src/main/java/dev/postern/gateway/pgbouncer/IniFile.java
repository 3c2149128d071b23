package dev.postern.gateway.pgbouncer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * PgBouncer's ini file: {@code [section]}, {@code key = value}, whole-line comments after {@code ;} or {@code #}, and
 * {@code %include FILE}. Blocks.
 *
 * @param entries in their order, those of included files where they are included
 * @param problems lines that are none of these, and files that cannot be read
 */
public record IniFile(List<Entry> entries, List<Note> problems) {
    /** How deep files may include one another, as in PgBouncer. */
    private static final int MOST_INCLUDES = 10;

    private static final String INCLUDE = "%include";

    /** What container images of PgBouncer take: {@code name=host=... port=...} each, in the order of the numbers. */
    private static final Pattern DATABASE_VARIABLE = Pattern.compile("PGBOUNCER_DSN_\\d{1,4}");

    public IniFile {
        entries = List.copyOf(entries);
        problems = List.copyOf(problems);
    }

    /**
     * A line {@code key = value}.
     *
     * @param place file and line
     * @param section in lower case
     */
    public record Entry(String place, String section, String key, String value) {}

    /** Something to say of a line. */
    public record Note(String place, String text) {
        @Override
        public String toString() {
            return place + ": " + text;
        }
    }

    /** The file, and behind it the databases that a container's environment lists: {@code PGBOUNCER_DSN_0} and so on. */
    public static IniFile read(Path file, Map<String, String> environment) {
        Reader reader = new Reader();
        reader.read(file, 0);
        reader.databases(environment);
        return new IniFile(reader.entries, reader.problems);
    }

    /** Collects what it reads. */
    private static final class Reader {
        private final List<Entry> entries = new ArrayList<>();
        private final List<Note> problems = new ArrayList<>();
        private String section = "";

        void databases(Map<String, String> environment) {
            section = "databases";
            environment.entrySet().stream()
                    .filter(entry -> DATABASE_VARIABLE.matcher(entry.getKey()).matches())
                    .sorted(Map.Entry.comparingByKey(
                            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder())))
                    .forEach(entry -> keyAndValue(
                            "environment variable " + entry.getKey(),
                            entry.getValue().strip()));
        }

        void read(Path file, int depth) {
            List<String> lines;
            try {
                lines = Files.readAllLines(file);
            } catch (IOException e) {
                problems.add(new Note(file.toString(), "cannot be read: " + e));
                return;
            }
            for (int i = 0; i < lines.size(); i++) {
                line(file, i + 1, lines.get(i).strip(), depth);
            }
        }

        private void line(Path file, int number, String line, int depth) {
            String place = file + ":" + number;
            if (line.isEmpty() || line.startsWith(";") || line.startsWith("#")) {
                return;
            }
            if (line.startsWith(INCLUDE)) {
                include(line.substring(INCLUDE.length()).strip(), place, depth);
            } else if (line.startsWith("[") && line.endsWith("]")) {
                section = line.substring(1, line.length() - 1).strip().toLowerCase(Locale.ROOT);
            } else {
                keyAndValue(place, line);
            }
        }

        private void include(String name, String place, int depth) {
            if (name.isEmpty() || depth >= MOST_INCLUDES) {
                problems.add(new Note(place, name.isEmpty() ? "names no file" : "includes more than ten files deep"));
                return;
            }
            read(Path.of(name), depth + 1); // relative to the working directory, as PgBouncer has it
        }

        private void keyAndValue(String place, String line) {
            int equals = line.startsWith("\"") ? line.indexOf('=', quoteEnd(line)) : line.indexOf('=');
            if (equals <= 0) {
                problems.add(new Note(place, "is neither [section] nor key = value"));
                return;
            }
            String key = line.substring(0, equals).strip();
            if (key.length() >= 2 && key.startsWith("\"") && key.endsWith("\"")) {
                key = key.substring(1, key.length() - 1).replace("\"\"", "\"");
            }
            entries.add(
                    new Entry(place, section, key, line.substring(equals + 1).strip()));
        }

        /** Behind a name in double quotes, where a quote inside is doubled. */
        private static int quoteEnd(String line) {
            for (int i = 1; i < line.length(); i++) {
                if (line.charAt(i) != '"') {
                    continue;
                }
                if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
                    i++;
                } else {
                    return i;
                }
            }
            return 0;
        }
    }
}

package dev.postern.gateway.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The tables of docs/configuration.md: a heading names one or more objects, a row of the table below it one key. */
record ConfigurationPage(Map<String, String> defaults) {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    static ConfigurationPage read(Path file) throws IOException {
        Map<String, String> defaults = new LinkedHashMap<>();
        List<String> objects = List.of();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("#")) {
                objects =
                        CODE.matcher(line).results().map(code -> code.group(1)).toList();
                objects = line.equals("## The top level") ? List.of("") : objects;
            }
            String[] cells = line.split("\\|");
            if (line.startsWith("| `") && cells.length > 3) {
                String key = CODE.matcher(cells[1])
                        .results()
                        .map(MatchResult::group)
                        .findFirst()
                        .orElse("");
                String value = cells[3].strip().replace("`", "");
                objects.forEach(object -> defaults.put(object + " " + key.replace("`", ""), value));
            }
        }
        return new ConfigurationPage(defaults);
    }

    String defaultOf(String object, String key) {
        return defaults.getOrDefault(object + " " + key, "nothing");
    }

    Set<String> keys() {
        return defaults.keySet();
    }
}

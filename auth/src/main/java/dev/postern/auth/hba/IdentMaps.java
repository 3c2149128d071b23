package dev.postern.auth.hba;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The maps of a pg_ident.conf: which outside identity may act as which role. */
public final class IdentMaps {
    private final Map<String, List<BiPredicate<String, String>>> maps;

    private IdentMaps(Map<String, List<BiPredicate<String, String>>> maps) {
        this.maps = Map.copyOf(maps);
    }

    /** Problems are {@code file:line:column: sentence}; the maps are to be used only where there are none. */
    public record Parsed(IdentMaps maps, List<String> problems) {}

    /** @param file its name, for problems */
    public static Parsed parse(String file, String content) {
        Problems problems = new Problems(file);
        Map<String, List<BiPredicate<String, String>>> maps = new HashMap<>();
        for (Lines.Line line : new Lines(problems).of(content)) {
            entry(line, problems)
                    .ifPresent(entry -> maps.computeIfAbsent(
                                    line.fields().getFirst().only().text(), name -> new ArrayList<>())
                            .add(entry));
        }
        return new Parsed(new IdentMaps(maps), problems.all());
    }

    public boolean has(String map) {
        return maps.containsKey(map);
    }

    /** False also where there is no such map. */
    public boolean allows(String map, String identity, String role) {
        return maps.getOrDefault(map, List.of()).stream().anyMatch(entry -> entry.test(identity, role));
    }

    private static Optional<BiPredicate<String, String>> entry(Lines.Line line, Problems problems) {
        int column = line.fields().getFirst().column();
        if (line.fields().size() != 3
                || line.fields().stream().anyMatch(field -> field.tokens().size() > 1)) {
            problems.add(line.number(), column, "an entry has three words (expected: MAP SYSTEM-USER DATABASE-USER)");
            return Optional.empty();
        }
        Token system = line.fields().get(1).only();
        Token role = line.fields().get(2).only();
        if (!role.quoted() && role.text().startsWith("+")) {
            problems.add(line.number(), role.column(), "\"" + role.text() + "\": the gateway knows no role membership");
            return Optional.empty();
        }
        try {
            return Optional.of(entry(system, role));
        } catch (PatternSyntaxException e) {
            problems.add(line.number(), column, "malformed regular expression: " + e.getDescription());
            return Optional.empty();
        }
    }

    private static BiPredicate<String, String> entry(Token system, Token role) {
        BiPredicate<String, Optional<String>> roleMatches = role(role);
        if (!system.isPattern()) {
            String wanted = system.text();
            return (identity, asked) -> identity.equals(wanted) && roleMatches.test(asked, Optional.empty());
        }
        Pattern pattern = Expressions.compile(system.text().substring(1));
        return (identity, asked) -> {
            Matcher matcher = pattern.matcher(identity);
            return matcher.find()
                    && roleMatches.test(
                            asked, matcher.groupCount() > 0 ? Optional.ofNullable(matcher.group(1)) : Optional.empty());
        };
    }

    /** The role's side; {@code \1} stands for what the identity's pattern captured. */
    private static BiPredicate<String, Optional<String>> role(Token role) {
        if (role.is("all")) {
            return (asked, captured) -> true;
        }
        if (role.isPattern()) {
            Pattern pattern = Expressions.compile(role.text().substring(1));
            return (asked, captured) -> pattern.matcher(asked).find();
        }
        String wanted = role.text();
        return wanted.contains("\\1")
                ? (asked, captured) -> captured.isPresent() && asked.equals(wanted.replace("\\1", captured.get()))
                : (asked, captured) -> asked.equals(wanted);
    }
}

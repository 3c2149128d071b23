package dev.postern.auth.hba;

import java.util.List;
import java.util.Optional;

/** The rules of a file in its order: the first that matches decides, and where none does nobody comes in. */
public record HbaRules(List<HbaRule> rules) {
    public HbaRules {
        rules = List.copyOf(rules);
    }

    /**
     * What reading a file gave.
     *
     * @param rules to be used only where there are no problems
     * @param problems each {@code file:line:column: sentence}
     */
    public record Parsed(HbaRules rules, List<String> problems) {}

    /** @param file its name, for problems */
    public static Parsed parse(String file, String content) {
        return new HbaParser(file).parse(content);
    }

    public Optional<HbaRule> first(HbaClient client) {
        return rules.stream().filter(rule -> rule.matches(client)).findFirst();
    }
}

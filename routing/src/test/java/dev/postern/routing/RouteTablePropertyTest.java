package dev.postern.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Random tables against the rules spelt out as a search through everything. */
class RouteTablePropertyTest {
    private static final Comparator<String> RULES = Comparator.comparing((String name) -> name.contains("*"))
            .thenComparing(name -> -name.replace("*", "").length())
            .thenComparing(name -> name.contains("*") ? -name.indexOf('*') : 0)
            .thenComparing(Comparator.naturalOrder());

    @Test
    void decidesByDatabaseAsASearchThroughAllNamesWould() {
        Random random = new Random(42);
        int found = 0;
        for (int round = 0; round < 300; round++) {
            Set<String> names = names(random);
            RouteTable<String> table = table(random, names);
            for (int i = 0; i < 50; i++) {
                String database = DatabasePatternTest.randomText(random, "abc", 6);

                RouteDecision<String> decision = table.decide(StartupFacts.ofDatabase(database));

                Optional<String> expected =
                        names.stream().filter(name -> matches(name, database)).min(RULES);
                assertThat(listedName(decision)).as("%s in %s", database, names).isEqualTo(expected);
                found += expected.isPresent() ? 1 : 0;
            }
        }
        assertThat(found).isGreaterThan(5_000);
    }

    @Test
    void neverLeadsAServerNameToARouteThatDoesNotListIt() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            String server = DatabasePatternTest.randomText(random, "ab.", 6);
            String database = DatabasePatternTest.randomText(random, "ab", 2);
            String option = DatabasePatternTest.randomText(random, "ab", 1);
            RouteTable<String> table = serverTable();

            RouteDecision<String> decision = table.decide(new StartupFacts(
                    database, Optional.of(server), option.isEmpty() ? Optional.empty() : Optional.of(option)));

            if (decision instanceof RouteDecision.Matched<String> matched) {
                String owner = server.equals("a.b")
                        ? "a"
                        : server.equals("b.a") ? "b" : matched.entry().name();
                assertThat(matched.entry().name())
                        .as("%s %s %s", server, database, option)
                        .isEqualTo(owner);
                assertThat(option).isIn("", matched.entry().name());
                assertThat(matched.entry().match().databases()).contains(database);
            }
        }
    }

    private static RouteTable<String> serverTable() {
        return built(List.of(
                new RouteEntry<>("a", new RouteMatch(List.of("a", "ab"), List.of("a.b")), "a"),
                new RouteEntry<>("b", new RouteMatch(List.of("b", "ab"), List.of("b.a")), "b")));
    }

    private static Set<String> names(Random random) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            String name = DatabasePatternTest.randomText(random, "abc**", 5).replaceAll("\\*+", "*");
            if (!name.isEmpty()) {
                names.add(name);
            }
        }
        return names;
    }

    /** The names spread over a few routes, each route knowing its names as its target. */
    private static RouteTable<String> table(Random random, Set<String> names) {
        List<List<String>> lists = new ArrayList<>();
        for (String name : names) {
            if (lists.isEmpty() || random.nextBoolean()) {
                lists.add(new ArrayList<>());
            }
            lists.get(random.nextInt(lists.size())).add(name);
        }
        List<RouteEntry<String>> entries = new ArrayList<>();
        for (int i = 0; i < lists.size(); i++) {
            if (!lists.get(i).isEmpty()) {
                entries.add(new RouteEntry<>("r" + i, new RouteMatch(lists.get(i), List.of()), ""));
            }
        }
        return built(entries);
    }

    private static RouteTable<String> built(List<RouteEntry<String>> entries) {
        return switch (RouteTable.build(entries)) {
            case RouteTableResult.Built<String>(RouteTable<String> table) -> table;
            case RouteTableResult.Conflicted<String>(List<RouteConflict> conflicts) ->
                throw new AssertionError(conflicts.toString());
        };
    }

    private static boolean matches(String name, String database) {
        return database.matches(name.replace("*", ".+"));
    }

    /** The decision's own words name the list entry that decided. */
    private static Optional<String> listedName(RouteDecision<String> decision) {
        return decision instanceof RouteDecision.Matched<String> matched
                ? Optional.of(matched.why().split("\"")[1])
                : Optional.empty();
    }
}

package dev.postern.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.routing.RouteDecision.Contradiction;
import dev.postern.routing.RouteDecision.Matched;
import dev.postern.routing.RouteDecision.Unknown;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    @Test
    void findsADatabaseByItsExactName() {
        RouteTable<String> table = table(route("orders", "orders,orders_ro"), route("any", "*"));

        assertThat(matched(table, "orders_ro").entry().target()).isEqualTo("target of orders");
        assertThat(matched(table, "orders_ro").captures()).isEmpty();
        assertThat(matched(table, "ORDERS").entry().name()).as("case counts").isEqualTo("any");
    }

    @Test
    void prefersExactNamesThenLongerLiteralsThenTheCatchAll() {
        RouteTable<String> table = table(
                route("any", "*"),
                route("tenants", "tenant_*"),
                route("europe", "tenant_eu_*"),
                route("readers", "*_ro"),
                route("one", "tenant_eu_1"));

        assertThat(matched(table, "tenant_eu_1").entry().name()).isEqualTo("one");
        assertThat(matched(table, "tenant_eu_2").entry().name()).isEqualTo("europe");
        assertThat(matched(table, "tenant_2").entry().name()).isEqualTo("tenants");
        assertThat(matched(table, "tenant_ro").entry().name())
                .as("7 literals beat 3")
                .isEqualTo("tenants");
        assertThat(matched(table, "x_ro").entry().name()).isEqualTo("readers");
        assertThat(matched(table, "x").entry().name()).isEqualTo("any");
        assertThat(matched(table, "tenant_eu_2").captures()).containsExactly("2");
    }

    @Test
    void prefersTheLongerBeginningAmongEquallyManyLiterals() {
        RouteTable<String> table = table(route("end", "*bc"), route("begin", "ab*"), route("middle", "a*c"));

        assertThat(matched(table, "abxbc").entry().name()).isEqualTo("begin");
        assertThat(matched(table, "axbc").entry().name()).isEqualTo("middle");
    }

    /** Physical replication: the database is a name that means nothing. */
    @Test
    void needsNoDatabaseWhereTheRouteIsNamedOtherwise() {
        RouteTable<String> table = table(route("a", "app", "a.example.com"), route("b", "other"));

        assertThat(table.decide(new StartupFacts("replication", Optional.of("a.example.com"), Optional.empty(), true)))
                .satisfies(isRoute("a"));
        assertThat(table.decide(new StartupFacts("replication", Optional.empty(), Optional.of("b"), true)))
                .satisfies(isRoute("b"));
        assertThat(table.decide(new StartupFacts("replication", Optional.empty(), Optional.empty(), true)))
                .isInstanceOf(Unknown.class);
        assertThat(table.decide(new StartupFacts("replication", Optional.empty(), Optional.of("b"), false)))
                .isInstanceOf(Contradiction.class);
    }

    @Test
    void asksTheServerNameBeforeTheDatabase() {
        RouteTable<String> table =
                table(route("a", "app", "a.example.com"), route("b", "app", "b.example.com"), route("any", "*"));

        assertThat(decide(table, "app", "A.Example.com.", null)).satisfies(isRoute("a"));
        assertThat(decide(table, "app", "b.example.com", null)).satisfies(isRoute("b"));
        assertThat(decide(table, "other", "gateway.example.com", null))
                .as("a server name of no route says nothing")
                .satisfies(isRoute("any"));
    }

    @Test
    void findsARouteWithServerNamesByDatabaseWhenTheClientSendsNone() {
        RouteTable<String> table = table(route("a", "app", "a.example.com"));

        assertThat(decide(table, "app", null, null)).satisfies(isRoute("a"));
        assertThat(decide(table, "app", "gateway.example.com", null)).satisfies(isRoute("a"));
    }

    @Test
    void doesNotGuessBetweenRoutesThatOnlyServerNamesTellApart() {
        RouteTable<String> table = table(route("a", "app", "a.example.com"), route("b", "app", "b.example.com"));

        RouteDecision<String> decision = decide(table, "app", null, null);

        assertThat(decision).isInstanceOf(Unknown.class);
        assertThat(decision.why())
                .isEqualTo("the database \"app\" is listed by the routes a, b, and the client sent no server name");
    }

    @Test
    void takesAnyDatabaseUnderAServerNameOfARouteWithoutDatabases() {
        RouteTable<String> table = table(route("a", "", "a.example.com"), route("orders", "orders"));

        assertThat(decide(table, "orders", "a.example.com", null)).satisfies(isRoute("a"));
        assertThat(decide(table, "whatever", "a.example.com", null)).satisfies(isRoute("a"));
        assertThat(decide(table, "whatever", null, null)).isInstanceOf(Unknown.class);
    }

    @Test
    void matchesAWildcardForOneLabelAfterExactServerNames() {
        RouteTable<String> table = table(route("one", "", "a.example.com"), route("all", "", "*.example.com"));

        assertThat(decide(table, "x", "a.example.com", null)).satisfies(isRoute("one"));
        assertThat(decide(table, "x", "b.example.com", null)).satisfies(isRoute("all"));
        assertThat(decide(table, "x", "b.c.example.com", null)).isInstanceOf(Unknown.class);
        assertThat(decide(table, "x", "example.com", null)).isInstanceOf(Unknown.class);
        assertThat(decide(table, "x", ".example.com", null)).isInstanceOf(Unknown.class);
    }

    @Test
    void contradictsAServerNameWhoseRouteDoesNotListTheDatabase() {
        RouteTable<String> table = table(route("a", "orders", "a.example.com"), route("b", "billing"));

        RouteDecision<String> decision = decide(table, "billing", "a.example.com", null);

        assertThat(decision).isInstanceOfSatisfying(Contradiction.class, contradiction -> {
            assertThat(contradiction.claimed().name()).isEqualTo("a");
            assertThat(contradiction.hint()).contains("billing").doesNotContain("orders");
        });
        assertThat(decision.why())
                .isEqualTo("the server name \"a.example.com\" leads to the route a, which does not list the database"
                        + " \"billing\"");
    }

    @Test
    void takesTheRouteThatOptionsName() {
        RouteTable<String> table = table(route("a", "", "a.example.com"), route("b", "app,app_*"), route("any", "*"));

        assertThat(decide(table, "x", null, "a")).satisfies(isRoute("a"));
        assertThat(decide(table, "app_1", null, "b"))
                .isInstanceOfSatisfying(
                        Matched.class, matched -> assertThat(matched.captures()).isEqualTo(List.of("1")));
        assertThat(decide(table, "x", null, "b")).isInstanceOf(Contradiction.class);
        assertThat(decide(table, "app", null, "nowhere")).isInstanceOf(Unknown.class);
    }

    @Test
    void contradictsOptionsThatNameAnotherRouteThanTheServerName() {
        RouteTable<String> table = table(route("a", "", "a.example.com"), route("b", "b"));

        assertThat(decide(table, "b", "a.example.com", "b")).isInstanceOf(Contradiction.class);
        assertThat(decide(table, "b", "a.example.com", "nowhere"))
                .as("the same answer, or strangers could find out route names")
                .isInstanceOf(Contradiction.class);
        assertThat(decide(table, "b", "a.example.com", "a")).satisfies(isRoute("a"));
    }

    @Test
    void reportsAllConflictsAtOnce() {
        RouteTableResult<String> result = RouteTable.build(List.of(
                route("a", "orders,*", "db.example.com"),
                route("b", "orders"),
                route("a", "x"),
                route("c", "*", "DB.example.com"),
                route("d", ""),
                route("e", "t**,e,e", "*"),
                route("f", "f", "a.*.com,f.example.com,F.example.com.")));

        assertThat(result)
                .isInstanceOfSatisfying(
                        RouteTableResult.Conflicted.class,
                        conflicted -> assertThat(conflicted.conflicts().stream().map(Object::toString))
                                .asList()
                                .containsExactly(
                                        "route b: the database \"orders\" already leads to the route a; both need server names to tell"
                                                + " them apart",
                                        "route a: another route has this name",
                                        "route c: the server name \"db.example.com\" already leads to the route a",
                                        "route d: no client can take it: it lists neither databases nor server names",
                                        "route e: \"t**\" is no database name: it is empty or has two * side by side",
                                        "route e: the database \"e\" stands in it twice",
                                        "route e: \"*\" is no server name: a * may only stand for the first label",
                                        "route f: \"a.*.com\" is no server name: a * may only stand for the first label",
                                        "route f: the server name \"f.example.com\" stands in it twice"));
    }

    @Test
    void findsEachOfTenThousandRoutes() {
        List<RouteEntry<Integer>> entries = IntStream.range(0, 10_000)
                .mapToObj(i -> new RouteEntry<>(
                        "r" + i,
                        new RouteMatch(List.of("db" + i, "tenant_" + i + "_*"), List.of("h" + i + ".example.com")),
                        i))
                .toList();
        RouteTable<Integer> table = built(RouteTable.build(entries));

        for (int i = 0; i < 10_000; i++) {
            Optional<String> server = Optional.of("h" + i + ".example.com");
            assertThat(List.of(
                            table.decide(StartupFacts.ofDatabase("db" + i)),
                            table.decide(StartupFacts.ofDatabase("tenant_" + i + "_x")),
                            table.decide(new StartupFacts("db" + i, server, Optional.empty()))))
                    .allSatisfy(decision -> assertThat(
                                    ((Matched<Integer>) decision).entry().name())
                            .startsWith("r"))
                    .extracting(
                            decision -> ((Matched<Integer>) decision).entry().target())
                    .containsOnly(i);
        }
    }

    @Test
    void anEmptyTableKnowsNobody() {
        assertThat(RouteTable.empty().decide(StartupFacts.ofDatabase("x"))).isInstanceOf(Unknown.class);
    }

    private static RouteEntry<String> route(String name, String databases) {
        return route(name, databases, "");
    }

    private static RouteEntry<String> route(String name, String databases, String serverNames) {
        return new RouteEntry<>(name, new RouteMatch(list(databases), list(serverNames)), "target of " + name);
    }

    private static List<String> list(String names) {
        return names.isEmpty() ? List.of() : Arrays.asList(names.split(","));
    }

    @SafeVarargs
    private static RouteTable<String> table(RouteEntry<String>... entries) {
        return built(RouteTable.build(List.of(entries)));
    }

    private static <T> RouteTable<T> built(RouteTableResult<T> result) {
        return switch (result) {
            case RouteTableResult.Built<T>(RouteTable<T> table) -> table;
            case RouteTableResult.Conflicted<T>(List<RouteConflict> conflicts) ->
                throw new AssertionError(conflicts.toString());
        };
    }

    private static Matched<String> matched(RouteTable<String> table, String database) {
        return (Matched<String>) table.decide(StartupFacts.ofDatabase(database));
    }

    private static RouteDecision<String> decide(
            RouteTable<String> table, String database, @Nullable String serverName, @Nullable String option) {
        return table.decide(new StartupFacts(database, Optional.ofNullable(serverName), Optional.ofNullable(option)));
    }

    private static Consumer<RouteDecision<String>> isRoute(String name) {
        return decision -> assertThat(decision)
                .isInstanceOfSatisfying(
                        Matched.class,
                        matched -> assertThat(matched.entry().name()).isEqualTo(name));
    }
}

package dev.postern.gateway;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.FakeAuthenticator;
import dev.postern.auth.client.LoginThrottle;
import dev.postern.auth.client.ThrottledAuthenticator;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.FakeVerifiers;
import dev.postern.gateway.frontend.ConsoleDoor;
import dev.postern.gateway.frontend.Routes;
import dev.postern.gateway.protocol.Refusal;
import dev.postern.routing.RouteDecision;
import dev.postern.routing.RouteTable;
import dev.postern.routing.StartupFacts;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The routing table that is current; a reload swaps it whole. */
final class RouteSnapshot implements Routes {
    private final ClientAuthenticator nobody;
    private Optional<ConsoleDoor> console = Optional.empty();
    private volatile boolean draining;
    private volatile RouteTable<RouteRuntime> table = RouteTable.empty();

    RouteSnapshot(FakeVerifiers fakes, Supplier<LoginThrottle> throttle) {
        this.nobody = ThrottledAuthenticator.ofStrangers(new FakeAuthenticator(fakes, ChannelBinding.PREFER), throttle);
    }

    /** Before the first client. */
    void console(ConsoleDoor door) {
        console = Optional.of(door);
    }

    /** No new clients any more, but for the console's. */
    void drain() {
        draining = true;
    }

    void swap(RouteTable<RouteRuntime> next) {
        table = next;
    }

    RouteTable<RouteRuntime> table() {
        return table;
    }

    @Override
    public Decision decide(String asked, Optional<String> serverName, Optional<String> routeOption, boolean physical) {
        return decide(new StartupFacts(asked, serverName, routeOption, physical));
    }

    private Decision decide(StartupFacts facts) {
        String database = facts.database();
        if (database.equals(ConsoleDoor.DATABASE) && console.isPresent()) {
            return new Decision.Console(console.get());
        }
        return switch (table.decide(facts)) {
            case RouteDecision.Matched<RouteRuntime>(var entry, var captures, var why)
            when facts.withoutDatabase() ->
                matched(entry.target(), entry.target().anyOf(database), facts, captures);
            case RouteDecision.Matched<RouteRuntime>(var entry, var captures, var why) ->
                matched(entry.target(), database, facts, captures);
            case RouteDecision.Unknown<RouteRuntime> unknown -> new Decision.Unknown();
            case RouteDecision.Contradiction<RouteRuntime>(var claimed, var hint, var why) ->
                new Decision.Contradicted(
                        claimed.target().refuse(database),
                        new Refusal.RouteContradiction(
                                database, facts.serverName().orElse(""), hint));
        };
    }

    private Decision matched(RouteRuntime route, String database, StartupFacts facts, List<String> captures) {
        return refuses(route, database, facts, captures)
                .<Decision>map(refusal -> new Decision.Contradicted(route.refuse(database), refusal))
                .orElseGet(() -> new Decision.Served(route.serve(database, captures)));
    }

    private Optional<Refusal> refuses(RouteRuntime route, String database, StartupFacts facts, List<String> captures) {
        if (draining) {
            return Optional.of(new Refusal.ShuttingDown());
        }
        if (!facts.withoutDatabase() && route.lacks(captures)) {
            return Optional.of(new Refusal.RouteContradiction(
                    database, facts.serverName().orElse(""), Explanation.NEEDS_HOST_NAME));
        }
        return route.isDisabled(database)
                ? Optional.of(new Refusal.DatabaseDisabled(
                        "database \"" + database + "\" is not currently accepting connections"))
                : Optional.empty();
    }

    @Override
    public ClientAuthenticator nobody() {
        return nobody;
    }
}

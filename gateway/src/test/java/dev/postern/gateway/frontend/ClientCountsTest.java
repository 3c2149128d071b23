package dev.postern.gateway.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.protocol.Refusal;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientCountsTest {
    private final ClientCounts counts = new ClientCounts(limits(3, 0, 0, 0));

    private static ClientLimits limits(int all, int perRoute, int perDatabase, int perUser) {
        ClientLimits.OfRoute route = new ClientLimits.OfRoute(perRoute, perDatabase, Map.of());
        return new ClientLimits(all, perUser, Map.of(), Map.of("orders", route, "billing", route, "any", route));
    }

    @Test
    void aUserOfItsOwnLimitIsCountedByThat() {
        ClientLimits.OfRoute orders = new ClientLimits.OfRoute(0, 0, Map.of("v", 1));
        counts.limits(new ClientLimits(100, 1, Map.of("u", 2, "free", 0), Map.of("orders", orders)));
        assertThat(counts.login("orders", "a", "u")).isEmpty();
        assertThat(counts.login("billing", "a", "u")).isEmpty();
        assertThat(counts.login("billing", "a", "u")).isPresent(); // its own over all routes
        assertThat(counts.login("billing", "a", "w")).isEmpty();
        assertThat(counts.login("billing", "a", "w")).isPresent(); // everybody's
        for (int i = 0; i < 5; i++) {
            assertThat(counts.login("billing", "a", "free")).isEmpty(); // 0: none
        }
        counts.limits(new ClientLimits(100, 0, Map.of(), Map.of("orders", orders)));
        assertThat(counts.login("billing", "a", "v")).isEmpty();
        assertThat(counts.login("orders", "a", "v")).isEmpty();
        assertThat(counts.login("orders", "a", "v")).isPresent(); // within one route
        assertThat(counts.login("billing", "a", "v")).isEmpty();
    }

    @Test
    void admitsNoSessionAboveTheLimit() {
        Refusal full = new Refusal.TooManyClients("max_client_conn", "maxClientConn=3");
        for (int i = 0; i < 3; i++) {
            assertThat(counts.admits()).isEmpty();
            assertThat(counts.login("orders", "a", "u")).isEmpty();
        }
        assertThat(counts.admits()).contains(full);
        assertThat(counts.login("orders", "a", "u")).contains(full); // that logged in at the same time as the third
        assertThat(counts.sessions(new ClientLimits.Of.Route("orders"))).isEqualTo(3);
        counts.logout("orders", "a", "u");
        assertThat(counts.admits()).isEmpty();
        assertThat(counts.login("orders", "a", "u")).isEmpty();
    }

    @Test
    void connectionsThatAreNotLoggedInTakeNoPlace() {
        for (int i = 0; i < 10; i++) {
            counts.opened();
        }
        assertThat(counts.admits()).isEmpty();
    }

    @Test
    void countsSessionsOfARoute() {
        counts.limits(limits(100, 2, 0, 0));
        assertThat(counts.login("orders", "a", "u")).isEmpty();
        assertThat(counts.login("orders", "b", "v")).isEmpty();
        assertThat(counts.login("orders", "c", "w"))
                .get()
                .extracting(Refusal::reason)
                .isEqualTo("too_many_clients");
        assertThat(counts.login("billing", "c", "w")).isEmpty();
    }

    @Test
    void countsSessionsOfADatabase() {
        counts.limits(limits(100, 0, 1, 0));
        assertThat(counts.login("any", "a", "u")).isEmpty();
        assertThat(counts.login("any", "a", "v")).isPresent();
        assertThat(counts.login("any", "b", "v")).isEmpty();
    }

    @Test
    void countsSessionsOfAUserOverAllRoutes() {
        counts.limits(limits(100, 0, 0, 1));
        assertThat(counts.login("orders", "a", "u")).isEmpty();
        assertThat(counts.login("billing", "b", "u")).isPresent();
        assertThat(counts.login("billing", "b", "v")).isEmpty();
    }

    @Test
    void forgetsSessionsThatEndedOrWereRefused() {
        counts.limits(limits(100, 0, 0, 1));
        counts.login("orders", "a", "u");
        counts.login("orders", "a", "u"); // refused: must not count for the route or the database
        assertThat(counts.sessions(new ClientLimits.Of.Route("orders"))).isOne();
        assertThat(counts.sessions(new ClientLimits.Of.Database("orders", "a"))).isOne();
        counts.logout("orders", "a", "u");
        assertThat(counts.sessions(new ClientLimits.Of.Route("orders"))).isZero();
        assertThat(counts.loggedIn()).isZero();
        assertThat(counts.login("orders", "a", "u")).isEmpty();
    }
}

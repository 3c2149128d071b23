package dev.postern.gateway.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.protocol.Refusal;
import org.junit.jupiter.api.Test;

class ClientCountsTest {
    private final ClientCounts counts = new ClientCounts(new ClientLimits(3, 0, 0, 0));

    @Test
    void admitsNoConnectionAboveTheLimitWhateverTheyDo() {
        for (int i = 0; i < 3; i++) {
            counts.opened();
            assertThat(counts.admits()).isEmpty();
        }
        counts.opened();
        assertThat(counts.admits()).contains(new Refusal.TooManyClients("max_client_conn", "maxClientConn=3"));
        counts.closed();
        assertThat(counts.admits()).isEmpty();
    }

    @Test
    void countsSessionsOfARoute() {
        counts.limits(new ClientLimits(100, 2, 0, 0));
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
        counts.limits(new ClientLimits(100, 0, 1, 0));
        assertThat(counts.login("any", "a", "u")).isEmpty();
        assertThat(counts.login("any", "a", "v")).isPresent();
        assertThat(counts.login("any", "b", "v")).isEmpty();
    }

    @Test
    void countsSessionsOfAUserOverAllRoutes() {
        counts.limits(new ClientLimits(100, 0, 0, 1));
        assertThat(counts.login("orders", "a", "u")).isEmpty();
        assertThat(counts.login("billing", "b", "u")).isPresent();
        assertThat(counts.login("billing", "b", "v")).isEmpty();
    }

    @Test
    void forgetsSessionsThatEndedOrWereRefused() {
        counts.limits(new ClientLimits(100, 0, 0, 1));
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

package dev.postern.gateway.pool;

import java.util.ArrayList;
import java.util.List;

/** Waits, and remembers what came of it. */
final class FakeClient implements Waiter<FakeServers.Server> {
    final List<FakeServers.Server> served = new ArrayList<>();
    int notices;
    final List<CheckoutFailure> refused = new ArrayList<>();

    @Override
    public void served(FakeServers.Server server) {
        served.add(server);
    }

    @Override
    public void waitsLong() {
        notices++;
    }

    @Override
    public void refused(CheckoutFailure failure) {
        refused.add(failure);
    }

    int answers() {
        return served.size() + refused.size();
    }
}

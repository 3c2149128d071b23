package dev.postern.gateway.it.harness;

/** Placeholder until the data plane is there. */
public final class GatewayFixture {
    private GatewayFixture() {}

    static boolean available() {
        return false;
    }

    static GatewayFixture shared() {
        throw new IllegalStateException("no gateway yet");
    }

    ServerAddress address(String database) {
        throw new IllegalStateException("no gateway yet: " + database);
    }
}

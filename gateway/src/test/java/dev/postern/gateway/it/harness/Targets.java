package dev.postern.gateway.it.harness;

import java.util.stream.Stream;

/** Argument sources for {@link EveryTarget} and for scenarios that need a gateway. */
public final class Targets {
    private Targets() {}

    public static Stream<Target> every() {
        return GatewayFixture.available() ? Stream.of(Target.values()) : Stream.of(Target.DIRECT);
    }
}

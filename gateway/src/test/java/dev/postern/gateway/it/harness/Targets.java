package dev.postern.gateway.it.harness;

import java.util.stream.Stream;

/** Argument sources for {@link EveryTarget} and for scenarios that need a gateway. */
public final class Targets {
    private Targets() {}

    public static Stream<Target> every() {
        return Stream.of(Target.values());
    }

    /** Those whose clients can share one server connection; see {@link Target#oneServer}. */
    public static Stream<Target> sharing() {
        return every().filter(target -> target != Target.SESSION);
    }

    /** The gateway's pool modes. */
    public static Stream<Target> gateway() {
        return every().filter(target -> target != Target.DIRECT);
    }
}

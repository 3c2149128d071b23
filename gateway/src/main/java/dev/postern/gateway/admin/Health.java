package dev.postern.gateway.admin;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whether the process still works. An event loop that does not answer will not come back: a restart is the way out.
 *
 * @param alive what a liveness probe asks
 * @param text one line for whoever reads the probe's answer
 */
record Health(boolean alive, String text) {
    /** Loops run their periodic work a few times a second; no garbage collection and no burst takes this long. */
    static final Duration MOST_SILENCE = Duration.ofSeconds(5);

    static Health of(List<LoopReport> loops) {
        String stuck = loops.stream()
                .filter(loop -> loop.silence().compareTo(MOST_SILENCE) > 0)
                .map(loop -> "event loop " + loop.number() + " has not answered for "
                        + loop.silence().toSeconds() + " s")
                .collect(Collectors.joining("; "));
        return stuck.isEmpty() ? new Health(true, "ok") : new Health(false, stuck);
    }
}

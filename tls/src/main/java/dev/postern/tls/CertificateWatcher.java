package dev.postern.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the files of everything it is given, and has it reloaded when they change: rewritten, replaced by rename, or
 * swapped by a symbolic link as Kubernetes does. It compares contents by polling, because notifications do not come
 * through every mounted volume. A refused reload is tried again at every look; what is closed is forgotten.
 *
 * <p>One virtual thread; {@link #watch}, {@link #unwatch} and {@link #close} may be called from any.
 */
public final class CertificateWatcher implements AutoCloseable {
    /** A certificate and its key are two files: after a change, look again until both have stopped changing. */
    private static final Duration SETTLE = Duration.ofMillis(200);

    private static final int SETTLE_LOOKS = 10;
    private static final Logger log = LoggerFactory.getLogger(CertificateWatcher.class);

    private final Duration interval;
    private final Map<Reloadable, Watched> watched = new ConcurrentHashMap<>();
    private final Thread thread;

    /** What the files held when they were last used, and whether the last try with other contents was refused. */
    private record Watched(Map<Path, FileState> files, boolean refused) {}

    /** @param interval between two looks; a change is in use that long after it at most, and a fraction of a second */
    public CertificateWatcher(Duration interval) {
        this.interval = interval;
        this.thread = Thread.ofVirtual().name("certificate-watcher").unstarted(this::run);
    }

    /** Begins to look. */
    public CertificateWatcher start() {
        thread.start();
        return this;
    }

    /** What the files hold now counts as in use: call it right after making the object from them. Blocks. */
    public void watch(Reloadable reloadable) {
        watched.put(reloadable, new Watched(look(reloadable, Map.of()), false));
    }

    public void unwatch(Reloadable reloadable) {
        watched.remove(reloadable);
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(interval);
                check();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** One look at everything. */
    void check() throws InterruptedException {
        watched.keySet().removeIf(Reloadable::isClosed);
        for (Reloadable reloadable : watched.keySet()) {
            try {
                check(reloadable);
                reloadable.maintain(Instant.now());
            } catch (RuntimeException e) {
                // One that fails must not keep the others from being watched.
                log.atError()
                        .addKeyValue("files", reloadable.files())
                        .setCause(e)
                        .log("tls.watch_failed");
            }
        }
    }

    private void check(Reloadable reloadable) throws InterruptedException {
        Optional<Watched> before = Optional.ofNullable(watched.get(reloadable));
        if (before.isEmpty()) {
            return;
        }
        Map<Path, FileState> seen = look(reloadable, before.get().files());
        boolean changed = !sameContent(seen, before.get().files());
        if (changed) {
            seen = settle(reloadable, seen);
        }
        if (!changed && !before.get().refused()) {
            keep(reloadable, new Watched(seen, false));
            return;
        }
        boolean refused = reloadable.reload() instanceof ReloadOutcome.Refused;
        keep(reloadable, new Watched(seen, refused));
    }

    private void keep(Reloadable reloadable, Watched now) {
        watched.computeIfPresent(reloadable, (key, before) -> now);
    }

    private Map<Path, FileState> settle(Reloadable reloadable, Map<Path, FileState> changed)
            throws InterruptedException {
        Map<Path, FileState> last = changed;
        for (int i = 0; i < SETTLE_LOOKS; i++) {
            Thread.sleep(SETTLE);
            Map<Path, FileState> next = look(reloadable, last);
            if (sameContent(next, last)) {
                return next;
            }
            last = next;
        }
        return last;
    }

    private static Map<Path, FileState> look(Reloadable reloadable, Map<Path, FileState> before) {
        Map<Path, FileState> states = new HashMap<>();
        for (Path file : reloadable.files()) {
            states.put(file, FileState.of(file, before.getOrDefault(file, FileState.UNKNOWN)));
        }
        return states;
    }

    private static boolean sameContent(Map<Path, FileState> a, Map<Path, FileState> b) {
        return a.keySet().equals(b.keySet())
                && a.entrySet().stream()
                        .allMatch(entry ->
                                entry.getValue().sameContent(b.getOrDefault(entry.getKey(), FileState.UNKNOWN)));
    }

    /** Stops looking; what was watched stays open. */
    @Override
    public void close() {
        thread.interrupt();
    }
}

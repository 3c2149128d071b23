package dev.postern.gateway;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.gateway.config.ClientAuthConfig;
import dev.postern.gateway.config.HbaFiles;
import dev.postern.gateway.protocol.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules of a route's pg_hba.conf as they are now. The files are looked at every two seconds on a virtual thread; what
 * cannot be used is logged once, and the last good rules stay.
 */
final class HbaWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HbaWatch.class);
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final String route;
    private final ClientAuthConfig.Hba config;
    private final BackgroundTasks tasks;
    private volatile HbaFiles.Read current;
    private List<String> refused = List.of();
    private volatile boolean closed;

    private HbaWatch(String route, ClientAuthConfig.Hba config, BackgroundTasks tasks, HbaFiles.Read first) {
        this.route = route;
        this.config = config;
        this.tasks = tasks;
        this.current = first;
    }

    static HbaWatch open(String route, ClientAuthConfig.Hba config, BackgroundTasks tasks) throws StartFailure {
        HbaFiles.Read first;
        try {
            first = HbaFiles.read(config);
        } catch (IOException e) {
            throw new StartFailure("route " + route + ": " + config.file() + " cannot be read: " + e.getMessage(), e);
        }
        if (!first.problems().isEmpty()) {
            throw new StartFailure("route " + route + ": " + String.join("; ", first.problems()));
        }
        HbaWatch watch = new HbaWatch(route, config, tasks, first);
        tasks.later(INTERVAL, watch::look);
        return watch;
    }

    HbaFiles.Read now() {
        return current;
    }

    private void look() {
        if (closed) {
            return;
        }
        try {
            HbaFiles.Read next = HbaFiles.read(config);
            if (next.problems().isEmpty()) {
                current = next;
                refused = List.of();
            } else {
                refuse(next.problems());
            }
        } catch (IOException e) {
            refuse(List.of(String.valueOf(e)));
        } finally {
            tasks.later(INTERVAL, this::look);
        }
    }

    private void refuse(List<String> problems) {
        if (!problems.equals(refused)) {
            refused = problems;
            log.atError()
                    .addKeyValue(LogKeys.ROUTE, route)
                    .addKeyValue(LogKeys.DETAIL, String.join("; ", problems))
                    .log("hba_refused");
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}

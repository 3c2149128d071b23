package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.TimeoutsConfig;
import dev.postern.gateway.config.yaml.Problem;
import dev.postern.gateway.protocol.LogKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** The gateway as a process: its signals, and its configuration file while it changes. */
final class GatewayProcess {
    private static final Logger log = LoggerFactory.getLogger(GatewayProcess.class);
    private static final Duration FILE_POLL = Duration.ofSeconds(2);
    /** Status of a process that a second signal ended, by the shell's convention 128 + SIGTERM. */
    private static final int CUT_SHORT = 143;

    private final Path file;
    private final Gateway gateway;
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger ends = new AtomicInteger();
    private byte[] applied;
    private volatile int status;

    GatewayProcess(Path file, Gateway gateway) {
        this.file = file;
        this.gateway = gateway;
        this.applied = content();
    }

    /** Blocks until the gateway has ended; the process's exit status. */
    int runUntilSignal() throws InterruptedException {
        Signal.handle(new Signal("HUP"), signal -> Thread.startVirtualThread(() -> reload("SIGHUP")));
        Signal.handle(new Signal("TERM"), signal -> end());
        Signal.handle(new Signal("INT"), signal -> end());
        while (!over.await(FILE_POLL.toMillis(), TimeUnit.MILLISECONDS)) {
            if (ends.get() == 0 && !Arrays.equals(applied, content())) {
                reload("the file changed");
            }
        }
        gateway.close();
        return status;
    }

    private void end() {
        if (ends.incrementAndGet() > 1) {
            status = CUT_SHORT;
            over.countDown();
            return;
        }
        Thread.startVirtualThread(() -> {
            TimeoutsConfig timeouts = gateway.config().timeouts();
            boolean allEnded = gateway.drain(timeouts.drainDelay(), timeouts.drainTimeout());
            status = allEnded ? 0 : 1;
            over.countDown();
        });
    }

    /** Checked whole, then applied; what is wrong is logged and what runs stays. */
    private synchronized void reload(String cause) {
        applied = content(); // a wrong file is reported once, not with each look at it
        switch (new ConfigLoader(System.getenv()).load(file)) {
            case ConfigResult.Rejected(var problems) -> {
                log.atError()
                        .addKeyValue(LogKeys.CAUSE, cause)
                        .addKeyValue(LogKeys.PROBLEMS, problems.size())
                        .log("reload_refused");
                for (Problem problem : problems) {
                    log.atError()
                            .addKeyValue(LogKeys.PROBLEM, problem.toString())
                            .log("config_problem");
                }
            }
            case ConfigResult.Loaded(var config) -> {
                try {
                    gateway.reload(config);
                } catch (StartFailure e) {
                    log.atError()
                            .addKeyValue(LogKeys.CAUSE, cause)
                            .addKeyValue(LogKeys.DETAIL, e.getMessage())
                            .log("reload_refused");
                }
            }
        }
    }

    /** Empty when the file cannot be read now: a moment between two versions of it. */
    private byte[] content() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return applied == null ? new byte[0] : applied;
        }
    }
}

package dev.postern.gateway;

import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.TimeoutsConfig;
import dev.postern.gateway.config.yaml.Problem;
import dev.postern.gateway.console.ConsoleFailure;
import dev.postern.gateway.console.ConsolePort.Shutdown;
import dev.postern.gateway.pgbouncer.PgBouncerKey;
import dev.postern.gateway.protocol.LogKeys;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** The gateway as a process: its signals, its configuration file while it changes, and its console's commands. */
final class GatewayProcess implements ProcessControl {
    private static final Logger log = LoggerFactory.getLogger(GatewayProcess.class);
    private static final Duration FILE_POLL = Duration.ofSeconds(2);
    /** Status of a process that a second signal ended, by the shell's convention 128 + SIGTERM. */
    private static final int CUT_SHORT = 143;

    /** For those who want to wait as long as it takes. */
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final ConfigSource source;
    private final Gateway gateway;
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger ends = new AtomicInteger();
    /** What SET has changed since the last reload: paths of our keys with values in YAML. */
    private Map<String, String> overrides = Map.of();

    private volatile int status;

    GatewayProcess(ConfigSource source, Gateway gateway) {
        this.source = source;
        this.gateway = gateway;
        gateway.process(this);
    }

    /** Blocks until the gateway has ended; the process's exit status. */
    int runUntilSignal() throws InterruptedException {
        onSignal("HUP", () -> reload("SIGHUP"));
        onSignal("USR1", () -> atConsole("PAUSE", () -> gateway.console().pause("", () -> false)));
        onSignal("USR2", () -> atConsole("RESUME", () -> gateway.console().resume("")));
        Signal.handle(new Signal("TERM"), signal -> terminate());
        Signal.handle(new Signal("INT"), signal -> interrupt());
        while (!over.await(FILE_POLL.toMillis(), TimeUnit.MILLISECONDS)) {
            if (ends.get() == 0 && source.isChanged()) {
                reload("the file changed");
            }
        }
        gateway.close();
        return status;
    }

    /** Signals that do not end the process are dealt with on a thread that may wait. */
    private static void onSignal(String name, Runnable action) {
        Signal.handle(new Signal(name), signal -> Thread.startVirtualThread(action));
    }

    /** A command of the console's. */
    private interface ConsoleCommand {
        void run() throws ConsoleFailure;
    }

    private static void atConsole(String command, ConsoleCommand action) {
        log.atInfo().addKeyValue("command", command).log("signal_command");
        try {
            action.run();
        } catch (ConsoleFailure e) {
            log.atWarn()
                    .addKeyValue("command", command)
                    .addKeyValue(LogKeys.DETAIL, e.getMessage())
                    .log("signal_command_failed");
        }
    }

    // ---- the end

    private void terminate() {
        TimeoutsConfig timeouts = gateway.config().timeouts();
        end(CUT_SHORT, () -> gateway.drain(timeouts.drainDelay(), timeouts.drainTimeout()));
    }

    /** PgBouncer's SHUTDOWN WAIT_FOR_SERVERS. */
    private void interrupt() {
        end(CUT_SHORT, () -> gateway.drain(Duration.ZERO, FOR_EVER));
    }

    /** How the clients end; whether all ended by themselves. */
    private interface Ending {
        boolean awaitEnd();
    }

    private void end(int secondStatus, Ending ending) {
        if (ends.incrementAndGet() > 1) {
            status = secondStatus;
            over.countDown();
            return;
        }
        Thread.startVirtualThread(() -> {
            boolean allEnded = ending.awaitEnd();
            if (over.getCount() > 0) {
                status = allEnded ? 0 : 1;
            }
            over.countDown();
        });
    }

    @Override
    public void quit() {
        if (ends.get() == 0) {
            terminate();
        }
    }

    @Override
    public void shutdown(Shutdown mode) {
        switch (mode) {
            case IMMEDIATE -> {
                ends.incrementAndGet();
                over.countDown();
            }
            case WAIT_FOR_SERVERS -> end(0, () -> gateway.drain(Duration.ZERO, FOR_EVER));
            case WAIT_FOR_CLIENTS -> end(0, () -> gateway.awaitClients(FOR_EVER));
        }
    }

    // ---- the configuration

    @Override
    public void reload() throws ConsoleFailure {
        if (!reload("RELOAD")) {
            throw new ConsoleFailure(
                    ConsoleFailure.CONFIG_FILE_ERROR, "RELOAD failed, see logs for additional details");
        }
    }

    /** Checked whole, then applied; what is wrong is logged and what runs stays. What SET has changed is forgotten. */
    private synchronized boolean reload(String cause) {
        log.atInfo().addKeyValue(LogKeys.CAUSE, cause).log("reload");
        switch (source.load()) {
            case ConfigResult.Rejected(var problems) -> {
                refused(cause, problems);
                return false;
            }
            case ConfigResult.Loaded(var config) -> {
                try {
                    gateway.reload(config);
                    overrides = Map.of();
                    return true;
                } catch (StartFailure e) {
                    log.atError()
                            .addKeyValue(LogKeys.CAUSE, cause)
                            .addKeyValue(LogKeys.DETAIL, e.getMessage())
                            .log("reload_refused");
                    return false;
                } catch (RuntimeException e) { // what runs must not end with what was to come
                    log.atError().addKeyValue(LogKeys.CAUSE, cause).setCause(e).log("reload_refused");
                    return false;
                }
            }
        }
    }

    private static void refused(String cause, List<Problem> problems) {
        log.atError()
                .addKeyValue(LogKeys.CAUSE, cause)
                .addKeyValue(LogKeys.PROBLEMS, problems.size())
                .log("reload_refused");
        for (Problem problem : problems) {
            log.atError().addKeyValue(LogKeys.PROBLEM, problem.toString()).log("config_problem");
        }
    }

    /** As if the key stood so at the top level of the file that was read last. */
    @Override
    public synchronized void set(String name, String value) throws ConsoleFailure {
        PgBouncerKey key = PgBouncerKey.find(name).orElseThrow(() -> failed("there is no key " + name));
        if (!key.changeable()) {
            throw failed(name + " cannot be changed without a restart");
        }
        Map<String, String> changed = new LinkedHashMap<>(overrides);
        try {
            changed.put(key.path(), key.yaml(value));
        } catch (IllegalArgumentException e) {
            throw failed(name + ": " + e.getMessage());
        }
        switch (source.with(changed)) {
            case ConfigResult.Rejected(var problems) -> throw failed(ConfigSource.first(problems));
            case ConfigResult.Loaded(var config) -> {
                try {
                    gateway.reload(config);
                } catch (StartFailure e) {
                    throw failed(String.valueOf(e.getMessage()));
                }
                overrides = Map.copyOf(changed);
            }
        }
    }

    private static ConsoleFailure failed(String why) {
        return new ConsoleFailure("SET failed: " + why);
    }
}

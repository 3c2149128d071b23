package dev.postern.auth.credentials.kubernetes;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import dev.postern.auth.credentials.CredentialLogKeys;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import dev.postern.auth.kubernetes.api.ObjectWatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Values of a Secret that are in use for good, for example a listener's certificate: read once, then told again whenever they
 * are others. What cannot be read, or lacks a key, is logged and leaves what is in use.
 */
public final class WatchedSecret implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedSecret.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(15);
    private static final Duration RESYNC = Duration.ofMinutes(5);

    private final ApiServer api;
    private final ObjectName secret;
    private final List<String> keys;
    private final Consumer<Map<String, Secret>> changed;
    private final BackgroundTasks tasks;
    private final Backoff backoff = new Backoff(FIRST_RETRY, MAX_RETRY, RandomGenerator.getDefault());
    private final ObjectWatch watch;

    // Guarded by this.
    private String version = "";
    private String problem = "";
    private boolean reading;
    private boolean again;
    private boolean closed;
    private BackgroundTasks.Pending next = () -> {};

    /** @param changed the values by key, the receiver's own; never called twice at once */
    public WatchedSecret(
            ApiServer api,
            String namespace,
            String name,
            List<String> keys,
            Consumer<Map<String, Secret>> changed,
            BackgroundTasks tasks) {
        this.api = api;
        this.secret = new ObjectName("secrets", namespace, name);
        this.keys = List.copyOf(keys);
        this.changed = changed;
        this.tasks = tasks;
        this.watch = new ObjectWatch(api, secret, this::told, tasks, RandomGenerator.getDefault());
    }

    public String describe() {
        return "secret " + secret;
    }

    /** The values now. Blocks; call it once, before {@link #start}. */
    public Map<String, Secret> read() throws CredentialUnavailable {
        SecretValues read = SecretValues.read(api, secret, keys);
        synchronized (this) {
            version = read.version();
        }
        return read.values();
    }

    /** Tells of changes from those values on. */
    public synchronized WatchedSecret start() {
        watch.start();
        schedule(RESYNC);
        return this;
    }

    private synchronized void told(String seen) {
        if (!seen.equals(version)) {
            readSoon();
        }
    }

    private synchronized void readSoon() {
        if (closed) {
            return;
        }
        again = reading;
        if (!reading) {
            reading = true;
            next.cancel();
            tasks.run(this::readAndTell);
        }
    }

    private void readAndTell() {
        try {
            SecretValues read = SecretValues.read(api, secret, keys);
            if (isNews(read.version())) {
                changed.accept(read.values());
            }
            succeeded();
        } catch (CredentialUnavailable e) {
            failed(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue(CredentialLogKeys.SOURCE, describe())
                    .setCause(e)
                    .log("secret_read_failed");
            failed("internal error: " + e.getClass().getSimpleName());
        }
    }

    private synchronized boolean isNews(String read) {
        boolean news = !closed && !read.equals(version);
        version = read;
        return news;
    }

    private synchronized void succeeded() {
        if (!problem.isEmpty()) {
            LOG.atInfo().addKeyValue(CredentialLogKeys.SOURCE, describe()).log("secret_read_again");
        }
        problem = "";
        backoff.reset();
        schedule(RESYNC);
    }

    private synchronized void failed(String message) {
        if (!message.equals(problem)) {
            LOG.atWarn()
                    .addKeyValue(CredentialLogKeys.SOURCE, describe())
                    .addKeyValue(CredentialLogKeys.DETAIL, message)
                    .log("secret_read_failed"); // what was read last stays in use
        }
        problem = message;
        schedule(backoff.next());
    }

    private synchronized void schedule(Duration delay) {
        reading = false;
        if (!closed) {
            next = tasks.later(again ? Duration.ZERO : delay, this::readSoon);
        }
        again = false;
    }

    @Override
    public synchronized void close() {
        closed = true;
        next.cancel();
        watch.close();
    }
}

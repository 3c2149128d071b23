package dev.postern.auth.credentials.kubernetes;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialReader;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import dev.postern.auth.kubernetes.api.ObjectWatch;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * User and password from a Secret, read by the API. A watch tells of changes from the first reading on; while there is none
 * (the server is away, or the gateway may only {@code get}) the Secret is read every few seconds.
 */
final class SecretReader implements CredentialReader {
    /** With a watch: in case something was not told. */
    private static final Duration RESYNC = Duration.ofMinutes(5);

    private final ApiServer api;
    private final ObjectName secret;
    private final String userKey;
    private final String passwordKey;
    private final Duration withoutWatch;
    private final ObjectWatch watch;
    private volatile Runnable onChange = () -> {};
    private volatile String readVersion = "";

    // Guarded by this.
    private boolean started;
    private boolean closed;

    /** @param withoutWatch how often it is read while no watch is open */
    SecretReader(
            ApiServer api,
            ObjectName secret,
            String userKey,
            String passwordKey,
            Duration withoutWatch,
            BackgroundTasks tasks) {
        this.api = api;
        this.secret = secret;
        this.userKey = userKey;
        this.passwordKey = passwordKey;
        this.withoutWatch = withoutWatch;
        this.watch = new ObjectWatch(api, secret, this::told, tasks, RandomGenerator.getDefault());
    }

    /** Called when the Secret is another one than the one read last. */
    void onChange(Runnable readNow) {
        onChange = readNow;
    }

    private void told(String version) {
        if (!version.equals(readVersion)) {
            onChange.run();
        }
    }

    private synchronized void startWatch() {
        if (!started && !closed) {
            started = true;
            watch.start();
        }
    }

    @Override
    public Reading read() throws CredentialUnavailable {
        startWatch();
        SecretValues read;
        try {
            read = SecretValues.read(api, secret, List.of(userKey, passwordKey));
        } catch (CredentialUnavailable e) {
            readVersion = "";
            throw e;
        }
        readVersion = read.version();
        String user = read.value(userKey).reveal();
        return new Reading(user, read.value(passwordKey), watch.isOpen() ? RESYNC : withoutWatch);
    }

    @Override
    public String describe() {
        return "secret " + secret;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        watch.close();
    }
}

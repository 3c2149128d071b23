package dev.postern.auth.credentials.kubernetes;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialReader;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.json.JsonObject;
import dev.postern.auth.kubernetes.api.ApiFailure;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import dev.postern.auth.kubernetes.api.ObjectWatch;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
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
        JsonObject object;
        try {
            object = api.get(secret);
        } catch (ApiFailure e) {
            if (e.status() == 404) {
                readVersion = "";
                throw new CredentialUnavailable("it does not exist", e);
            }
            throw new CredentialUnavailable(String.valueOf(e.getMessage()), e);
        }
        readVersion = object.object("metadata").text("resourceVersion");
        try {
            JsonObject data = object.object("data");
            String user;
            try (Secret text = value(data, userKey)) {
                user = text.reveal();
            }
            return new Reading(user, value(data, passwordKey), watch.isOpen() ? RESYNC : withoutWatch);
        } finally {
            object.wipe();
        }
    }

    /** What PostgreSQL can take; a line end at its end is not part of it, as with files. */
    private Secret value(JsonObject data, String key) throws CredentialUnavailable {
        Optional<Secret> encoded = data.secret(key);
        if (encoded.isEmpty()) {
            throw new CredentialUnavailable("it has no key " + key + " (its keys: "
                    + (data.isEmpty() ? "none" : String.join(", ", data.names())) + ")");
        }
        byte[] base64 = encoded.get().copy();
        byte[] bytes = new byte[0];
        try {
            bytes = Base64.getDecoder().decode(base64);
            int end = bytes.length;
            if (end > 0 && bytes[end - 1] == '\n') {
                end--;
            }
            if (end > 0 && bytes[end - 1] == '\r') {
                end--;
            }
            if (end == 0) {
                throw new CredentialUnavailable("its key " + key + " is empty");
            }
            for (int i = 0; i < end; i++) {
                if (bytes[i] == 0) {
                    throw new CredentialUnavailable("its key " + key + " holds a zero byte");
                }
            }
            return Secret.ofBytes(Arrays.copyOf(bytes, end));
        } catch (IllegalArgumentException e) {
            throw new CredentialUnavailable("its key " + key + " is no base64"); // the cause quotes a character of it
        } finally {
            Arrays.fill(base64, (byte) 0);
            Arrays.fill(bytes, (byte) 0);
        }
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

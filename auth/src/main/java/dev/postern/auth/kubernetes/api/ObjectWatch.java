package dev.postern.auth.kubernetes.api;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Backoff;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one object and says when it is another one than before: list, then watch from the list's version on, and list
 * again when the server has forgotten that version (410), as Kubernetes' API concepts ("Efficient detection of changes")
 * ask of clients. What comes is metadata alone, so no secret passes here. Whoever hears of a change reads the object.
 *
 * <p>One virtual thread from {@link #start} to {@link #close}. Failures are tried again with full jitter, up to 30 s apart.
 */
public final class ObjectWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectWatch.class);

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);

    /** What the server is asked to end a watch after: spread, so that those of many objects do not end together. */
    private static final int SHORTEST_SECONDS = 240;

    private static final int LONGEST_SECONDS = 360;

    /** Beyond its time a watch is taken for dead: the connection's other end may be gone without a word. */
    private static final Duration GRACE = Duration.ofSeconds(15);

    /** A watch that ended sooner than this is no sign of health: some proxies accept and hang up. */
    private static final Duration SHORT_LIFE = Duration.ofSeconds(2);

    /** Metadata: 256 KiB of annotations at most (Kubernetes' validation), escaped. */
    private static final int MAX_LINE = 2 << 20;

    private final ApiServer api;
    private final ObjectName object;
    private final Consumer<String> onVersion;
    private final BackgroundTasks tasks;
    private final RandomGenerator random;
    private final Backoff backoff;
    private final Thread thread;

    // Of the watch's own thread.
    private String version = "";
    private int forgotten;
    private String lastFailure = "";

    private volatile boolean open;
    private volatile boolean closed;

    /**
     * @param onVersion hears the object's version whenever it may be another one than before, empty when it is not there;
     *     called on the watch's thread
     */
    public ObjectWatch(
            ApiServer api,
            ObjectName object,
            Consumer<String> onVersion,
            BackgroundTasks tasks,
            RandomGenerator random) {
        this.api = api;
        this.object = object;
        this.onVersion = onVersion;
        this.tasks = tasks;
        this.random = random;
        this.backoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
        this.thread = Thread.ofVirtual().name("watch-" + object).unstarted(this::run);
    }

    public ObjectWatch start() {
        thread.start();
        return this;
    }

    /** Whether changes are told now. While it is not, only reading tells of one. */
    public boolean isOpen() {
        return open;
    }

    private void run() {
        while (!closed) {
            try {
                if (version.isEmpty()) {
                    list();
                }
                watch();
            } catch (ApiFailure failure) {
                if (failure.status() == ApiFailure.GONE) {
                    version = "";
                }
                // Forgotten once is as it should be; again at once, with the version of a new list, is a fault.
                if (failure.status() != ApiFailure.GONE || forgotten++ > 0) {
                    failed(failure);
                }
            } catch (IOException e) {
                failed(new ApiFailure("the watch broke off: " + e.getMessage(), e));
            }
            open = false;
        }
    }

    private void list() throws ApiFailure {
        JsonObject list = api.listMetadata(object);
        String listed = list.object("metadata").text("resourceVersion");
        if (listed.isEmpty()) {
            throw new ApiFailure(ApiFailure.NO_ANSWER, api.address() + " lists without a resourceVersion");
        }
        version = listed;
        Optional<JsonObject> found = list.objects("items").stream()
                .filter(item -> item.object("metadata").text("name").equals(object.name()))
                .findFirst();
        onVersion.accept(found.map(item -> item.object("metadata").text("resourceVersion"))
                .orElse(""));
    }

    private void watch() throws ApiFailure, IOException {
        Duration keepUp = Duration.ofSeconds(random.nextInt(SHORTEST_SECONDS, LONGEST_SECONDS));
        long since = System.nanoTime();
        boolean told = false;
        try (InputStream stream = new BufferedInputStream(api.watchMetadata(object, version, keepUp))) {
            BackgroundTasks.Pending tooLate = tasks.later(keepUp.plus(GRACE), () -> closeQuietly(stream));
            try {
                opened();
                for (Optional<byte[]> line = line(stream); line.isPresent() && !closed; line = line(stream)) {
                    event(line.get());
                    told = true;
                    settled();
                }
            } finally {
                tooLate.cancel();
            }
        }
        if (!told && System.nanoTime() - since < SHORT_LIFE.toNanos()) {
            throw new ApiFailure(ApiFailure.NO_ANSWER, "the watch ended at once");
        }
        settled();
    }

    private void event(byte[] line) throws ApiFailure {
        JsonObject event;
        try {
            event = Json.parse(line, ApiServer.SECRET_MEMBERS);
        } catch (Json.MalformedJson e) {
            throw new ApiFailure("the watch sent something else than events", e);
        }
        try {
            event(event.text("type"), event.object("object"));
        } finally {
            event.wipe(); // annotations may repeat what is secret
        }
    }

    private void event(String type, JsonObject about) throws ApiFailure {
        switch (type) {
            case "ADDED", "MODIFIED" -> {
                moveOn(about);
                onVersion.accept(version);
            }
            case "DELETED" -> {
                moveOn(about);
                onVersion.accept("");
            }
            case "BOOKMARK" -> moveOn(about);
            case "ERROR" ->
                throw new ApiFailure((int) about.number("code").orElse(ApiFailure.GONE), ApiServer.words(about));
            default -> throw new ApiFailure(ApiFailure.NO_ANSWER, "the watch sent an event of an unknown type");
        }
    }

    private void moveOn(JsonObject about) {
        String next = about.object("metadata").text("resourceVersion");
        if (!next.isEmpty()) {
            version = next;
        }
    }

    /** Up to the line's end; empty at the stream's. */
    private static Optional<byte[]> line(InputStream stream) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        for (int next = stream.read(); next >= 0; next = stream.read()) {
            if (next == '\n') {
                return Optional.of(line.toByteArray());
            }
            if (line.size() == MAX_LINE) {
                throw new IOException("a line of more than 2 MiB");
            }
            line.write(next);
        }
        return Optional.empty();
    }

    private void opened() {
        open = true;
        if (!lastFailure.isEmpty()) {
            LOG.atInfo().addKeyValue("object", object).log("kubernetes_watch_back");
            lastFailure = "";
        }
    }

    private void settled() {
        backoff.reset();
        forgotten = 0;
    }

    private void failed(ApiFailure failure) {
        open = false;
        if (closed) {
            return;
        }
        String message = String.valueOf(failure.getMessage());
        if (!message.equals(lastFailure)) {
            LOG.atWarn()
                    .addKeyValue("object", object)
                    .addKeyValue("detail", message)
                    .log("kubernetes_watch_failed");
        }
        lastFailure = message;
        try {
            Thread.sleep(backoff.next());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    private static void closeQuietly(InputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            return; // it was to end, and has
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}

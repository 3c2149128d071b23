package dev.postern.auth.kubernetes.api;

import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The API server over the JDK's HTTP client: one client, HTTP/1.1 (a watch is a connection of its own), no redirects, no
 * retries. Safe for use by many threads; each call blocks.
 */
public final class ApiServer implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

    /** A Secret holds 1 MiB at most (Kubernetes' documentation of Secrets), which base64 and metadata make longer. */
    private static final int MAX_BODY_BYTES = 4 << 20;

    private static final int MAX_REASON = 300;

    /** Secrets and what may repeat them: kubectl writes a whole object into an annotation. */
    static final Set<String> SECRET_MEMBERS = Set.of("data", "stringData", "annotations", "token");

    private final ApiEndpoint endpoint;
    private final Executor threads;
    private final CaBundle authorities;

    // Guarded by this.
    private CaBundle.Contents trusted = CaBundle.NOTHING;
    private Optional<HttpClient> client = Optional.empty();
    private boolean closed;

    /** @param threads where the HTTP client works: virtual ones */
    public ApiServer(ApiEndpoint endpoint, Executor threads) {
        this.endpoint = endpoint;
        this.threads = threads;
        this.authorities = new CaBundle(endpoint.caFile());
    }

    /** Looks at the files that each request needs, and asks nobody. */
    public void check() throws ApiFailure {
        currentClient();
        token();
    }

    public String address() {
        return endpoint.address().toString();
    }

    /** One object. */
    public JsonObject get(ObjectName object) throws ApiFailure {
        return exchange(to(object.path()).GET(), ANSWER_TIMEOUT);
    }

    /** The object's part in the list of its kind, as metadata alone. */
    JsonObject listMetadata(ObjectName object) throws ApiFailure {
        return exchange(
                to(object.collectionPath() + "?" + onlyThis(object))
                        .header("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
                        .GET(),
                ANSWER_TIMEOUT);
    }

    /** A TokenRequest for a ServiceAccount; the body is wiped. */
    public JsonObject createToken(ObjectName account, byte[] body) throws ApiFailure {
        return post(account.path() + "/token", body);
    }

    /** Makes something; the body is wiped. */
    public JsonObject post(String path, byte[] body) throws ApiFailure {
        try {
            return exchange(
                    to(path).header("Content-Type", "application/json").POST(BodyPublishers.ofByteArray(body)),
                    ANSWER_TIMEOUT);
        } finally {
            Arrays.fill(body, (byte) 0);
        }
    }

    /**
     * Changes of one object after a version, as metadata alone: one JSON object a line, for as long as the server is asked
     * to keep it up. The caller closes it.
     */
    InputStream watchMetadata(ObjectName object, String resourceVersion, Duration keepUp) throws ApiFailure {
        String query = "?watch=true&allowWatchBookmarks=true&" + onlyThis(object) + "&resourceVersion="
                + resourceVersion + "&timeoutSeconds=" + keepUp.toSeconds();
        HttpRequest.Builder request = to(object.collectionPath() + query)
                .header("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
                .GET();
        HttpResponse<InputStream> response = send(request, ANSWER_TIMEOUT);
        if (response.statusCode() != 200) {
            throw refused(response, read(response));
        }
        return response.body();
    }

    private static String onlyThis(ObjectName object) {
        return "fieldSelector=metadata.name%3D" + object.name();
    }

    private HttpRequest.Builder to(String path) {
        String address = endpoint.address().toString();
        return HttpRequest.newBuilder(
                URI.create((address.endsWith("/") ? address.substring(0, address.length() - 1) : address) + path));
    }

    private JsonObject exchange(HttpRequest.Builder request, Duration patience) throws ApiFailure {
        HttpResponse<InputStream> response = send(request, patience);
        byte[] body = read(response);
        try {
            if (response.statusCode() / 100 != 2) {
                throw refused(response, body);
            }
            return Json.parse(body, SECRET_MEMBERS);
        } catch (Json.MalformedJson e) {
            throw new ApiFailure(endpoint.address() + " answered " + response.statusCode() + " without an object", e);
        } finally {
            Arrays.fill(body, (byte) 0);
        }
    }

    /** Waits for the headers. A request's own timeout would end a watch, in JDKs where it counts for the body too. */
    private HttpResponse<InputStream> send(HttpRequest.Builder request, Duration patience) throws ApiFailure {
        // The JDK's client takes headers as String only: this one lives as long as the request.
        HttpRequest whole = request.header("Authorization", "Bearer " + token()).build();
        CompletableFuture<HttpResponse<InputStream>> exchange =
                currentClient().sendAsync(whole, HttpResponse.BodyHandlers.ofInputStream());
        try {
            return exchange.get(patience.toMillis() + 100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            exchange.cancel(true);
            throw new ApiFailure(endpoint.address() + " did not answer within " + patience.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw new ApiFailure(endpoint.address() + " cannot be asked: " + reason(e), e);
        } catch (InterruptedException e) {
            exchange.cancel(true);
            Thread.currentThread().interrupt();
            throw new ApiFailure("interrupted while asking " + endpoint.address(), e);
        }
    }

    private static String reason(ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** A body may hang too. */
    private byte[] read(HttpResponse<InputStream> response) throws ApiFailure {
        CompletableFuture<byte[]> whole = new CompletableFuture<>();
        try (InputStream body = response.body()) {
            threads.execute(() -> {
                try {
                    whole.complete(body.readNBytes(MAX_BODY_BYTES + 1));
                } catch (IOException e) {
                    whole.completeExceptionally(e);
                }
            });
            byte[] bytes = whole.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (bytes.length > MAX_BODY_BYTES) {
                throw new ApiFailure(response.statusCode(), endpoint.address() + " answered with more than 4 MiB");
            }
            return bytes;
        } catch (TimeoutException | ExecutionException | IOException e) {
            throw new ApiFailure(endpoint.address() + " broke off its answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiFailure("interrupted while asking " + endpoint.address(), e);
        }
    }

    /** The server's own words where it has some: its Status says what is not there or not allowed, and to whom. */
    private ApiFailure refused(HttpResponse<?> response, byte[] body) {
        String words = "";
        try {
            words = words(Json.parse(body, SECRET_MEMBERS));
        } catch (Json.MalformedJson e) {
            words = ""; // a proxy's page; the status has to do
        }
        return new ApiFailure(
                response.statusCode(),
                endpoint.address() + " answered " + response.statusCode() + (words.isEmpty() ? "" : ": " + words));
    }

    static String words(JsonObject status) {
        String message = status.text("message").replaceAll("\\p{Cntrl}", " ");
        return message.length() > MAX_REASON ? message.substring(0, MAX_REASON) + "..." : message;
    }

    private String token() throws ApiFailure {
        Path file = endpoint.tokenFile();
        String token;
        try {
            token = Files.readString(file).strip();
        } catch (NoSuchFileException e) {
            throw new ApiFailure("the token file " + file + " does not exist", e);
        } catch (IOException e) {
            throw new ApiFailure(
                    "the token file " + file + " cannot be read: "
                            + e.getClass().getSimpleName(),
                    e);
        }
        if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new ApiFailure(ApiFailure.NO_ANSWER, file + " holds no token"); // the JDK's message would quote it
        }
        return token;
    }

    private synchronized HttpClient currentClient() throws ApiFailure {
        if (closed) {
            throw new ApiFailure(ApiFailure.NO_ANSWER, "closed");
        }
        boolean encrypted = "https".equalsIgnoreCase(endpoint.address().getScheme());
        CaBundle.Contents seen = encrypted ? authorities.read(trusted) : CaBundle.NOTHING;
        if (client.isPresent() && seen.equals(trusted)) {
            return client.get();
        }
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads);
        if (encrypted) {
            builder.sslContext(seen.context());
        }
        HttpClient fresh = builder.build();
        client.ifPresent(HttpClient::shutdown); // what is under way goes on
        client = Optional.of(fresh);
        trusted = seen;
        return fresh;
    }

    @Override
    public synchronized void close() {
        closed = true;
        client.ifPresent(HttpClient::shutdownNow);
    }
}

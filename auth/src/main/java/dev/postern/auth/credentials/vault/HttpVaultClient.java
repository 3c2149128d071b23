package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@link VaultClient} over the JDK's HTTP client: one shared client, HTTP/1.1 (agents and old proxies), no retries of its
 * own, every status looked at. Redirects to the active node are followed with the token, never from https to http.
 */
public final class HttpVaultClient implements VaultClient {
    /** The longest chain seen is one; a standby that points to a standby has no leader to point to. */
    private static final int MAX_REDIRECTS = 2;

    /** Far above any credential; a wrong address must not fill the heap. */
    private static final long MAX_BODY_BYTES = 1 << 20;

    private static final Duration TLS_FILES_CHECK = Duration.ofSeconds(10);

    private final VaultEndpoint endpoint;
    private byte[] tlsFingerprint = new byte[0];
    private long tlsCheckedNanos;
    /** After a request that failed, the next one looks whether that is mended. */
    private boolean lookAtTlsFiles;

    private HttpClient client;

    /** Reads the TLS files; a {@link GeneralSecurityException} or {@link IOException} names the one that is wrong. */
    public HttpVaultClient(VaultEndpoint endpoint) throws IOException, GeneralSecurityException {
        this.endpoint = endpoint;
        this.tlsFingerprint = PemTls.fingerprint(endpoint);
        this.client = newClient(endpoint);
        this.tlsCheckedNanos = System.nanoTime();
    }

    private static HttpClient newClient(VaultEndpoint endpoint) throws IOException, GeneralSecurityException {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(endpoint.connectTimeout());
        if ("https".equals(endpoint.address().getScheme())) {
            builder.sslContext(PemTls.context(endpoint));
        }
        return builder.build();
    }

    @Override
    public String address() {
        return endpoint.address() + (endpoint.namespace().isEmpty() ? "" : " namespace " + endpoint.namespace());
    }

    @Override
    public VaultAnswer send(VaultRequest request) {
        byte[] body = request.body().map(Json::write).orElse(new byte[0]);
        try {
            return send(request, body);
        } finally {
            Arrays.fill(body, (byte) 0);
        }
    }

    private VaultAnswer send(VaultRequest request, byte[] body) {
        if (request.token().filter(token -> !isWord(token)).isPresent()) {
            // The JDK would throw, and quote it.
            return new VaultAnswer.Failed(0, "the token is not one word of printable characters");
        }
        URI target = URI.create(stripSlash(endpoint.address().toString()) + "/v1/" + request.path());
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            HttpResponse<byte[]> response;
            try {
                response = exchange(request, target, body);
            } catch (IOException e) {
                failed();
                String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                return new VaultAnswer.Away(hop == 0 ? reason : "no active node: " + reason);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new VaultAnswer.Away("interrupted");
            }
            if (response.statusCode() != 307) {
                return VaultAnswers.of(
                        response.statusCode(), response.body(), request.secretNames(), retryAfter(response));
            }
            URI location =
                    target.resolve(response.headers().firstValue("Location").orElse(""));
            if (location.equals(target)
                    || "https".equals(target.getScheme()) && !"https".equals(location.getScheme())) {
                return new VaultAnswer.Away("redirected to " + location + ", which is not followed");
            }
            target = location;
        }
        return new VaultAnswer.Away("no active node: redirected in circles");
    }

    private static boolean isWord(Secret token) {
        return token.reveal().chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    private static String stripSlash(String address) {
        return address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
    }

    private HttpResponse<byte[]> exchange(VaultRequest request, URI target, byte[] body)
            throws IOException, InterruptedException {
        Duration patience = request.patience().isZero() ? endpoint.requestTimeout() : request.patience();
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(target).timeout(patience).header("X-Vault-Request", "true");
        if (!endpoint.namespace().isEmpty()) {
            builder.header("X-Vault-Namespace", endpoint.namespace());
        }
        // The JDK's client takes headers as String only: this one lives as long as the request.
        request.token().ifPresent(token -> builder.header("X-Vault-Token", token.reveal()));
        if (request.body().isPresent()) {
            builder.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofByteArray(body));
        }
        CompletableFuture<HttpResponse<byte[]>> exchange = currentClient()
                .sendAsync(builder.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
        try {
            // The request's own timeout ends with the headers; a body may hang too.
            return exchange.get(patience.toMillis() + 100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException("no answer within " + patience.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(String.valueOf(e.getCause()), e);
        } finally {
            exchange.cancel(true);
        }
    }

    private synchronized void failed() {
        lookAtTlsFiles = true;
    }

    /** A changed CA bundle or client certificate counts at once after a failure, else within ten seconds. */
    private synchronized HttpClient currentClient() throws IOException {
        boolean hasFiles =
                endpoint.caFile().isPresent() || endpoint.clientCertificate().isPresent();
        boolean isTime = lookAtTlsFiles || System.nanoTime() - tlsCheckedNanos >= TLS_FILES_CHECK.toNanos();
        if (!hasFiles || !isTime) {
            return client;
        }
        lookAtTlsFiles = false;
        tlsCheckedNanos = System.nanoTime();
        byte[] fingerprint = PemTls.fingerprint(endpoint);
        if (!Arrays.equals(fingerprint, tlsFingerprint)) {
            try {
                HttpClient old = client;
                client = newClient(endpoint);
                tlsFingerprint = fingerprint;
                old.shutdown();
            } catch (GeneralSecurityException e) {
                throw new IOException("TLS files of the Vault connection: " + e.getMessage(), e);
            }
        }
        return client;
    }

    private static Duration retryAfter(HttpResponse<byte[]> response) {
        try {
            return Duration.ofSeconds(Math.clamp(
                    response.headers().firstValueAsLong("Retry-After").orElse(0), 0, 300));
        } catch (NumberFormatException e) {
            return Duration.ZERO;
        }
    }

    @Override
    public synchronized void close() {
        client.shutdownNow();
    }
}

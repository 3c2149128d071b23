package dev.postern.auth.credentials.http;

import dev.postern.auth.credentials.CredentialUnavailable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** The little HTTP that the endpoints of clouds need which give out identities and tokens. Follows no redirect. Blocks. */
public final class CredentialHttp {
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final long MAX_BODY_BYTES = 1 << 20;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    public static HttpRequest.Builder to(URI uri) {
        return HttpRequest.newBuilder(uri).timeout(ANSWER);
    }

    /** The body of a 200; everything else is a failure that names the status and the host, and quotes nothing. */
    public byte[] send(HttpRequest request) throws CredentialUnavailable {
        try {
            HttpResponse<byte[]> response =
                    client.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
            if (response.statusCode() != 200) {
                throw new CredentialUnavailable(request.uri().getHost() + " answered " + response.statusCode());
            }
            return response.body();
        } catch (IOException e) {
            throw new CredentialUnavailable(request.uri().getHost() + " cannot be asked: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CredentialUnavailable("interrupted", e);
        }
    }
}

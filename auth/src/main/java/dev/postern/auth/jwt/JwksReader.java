package dev.postern.auth.jwt;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/** Fetches the text of a key set. Blocks: for virtual threads. */
public final class JwksReader {
    private static final int MAX_BYTES = 1024 * 1024;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final HttpClient http;

    /** @param http the process' client; it should not follow redirects */
    public JwksReader(HttpClient http) {
        this.http = http;
    }

    String read(JwksSource source) throws IOException {
        return switch (source) {
            case JwksSource.FromFile(Path file) -> {
                try (InputStream in = Files.newInputStream(file)) {
                    yield text(in, file.toString());
                }
            }
            case JwksSource.FromUrl(URI url) -> fetch(url);
        };
    }

    private String fetch(URI url) throws IOException {
        boolean loopback = LOOPBACK.contains(String.valueOf(url.getHost()));
        if (!"https".equals(url.getScheme()) && !("http".equals(url.getScheme()) && loopback)) {
            throw new IOException(url + " is not https");
        }
        try {
            HttpResponse<InputStream> response = http.send(
                    HttpRequest.newBuilder(url).timeout(TIMEOUT).GET().build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new IOException(url + " answered " + response.statusCode());
                }
                return text(body, url.toString());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading " + url, e);
        }
    }

    private static String text(InputStream in, String where) throws IOException {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw new IOException(where + " is larger than " + MAX_BYTES + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

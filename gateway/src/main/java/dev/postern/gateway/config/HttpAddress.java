package dev.postern.gateway.config;

import java.net.URI;
import java.net.URISyntaxException;

/** The address of an HTTP server: scheme, host, port, and nothing behind. */
final class HttpAddress {
    static final String EXPECTED = "an address such as https://vault.example.com:8200";

    private HttpAddress() {}

    static URI parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("is not an address", e);
        }
        boolean http = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
        if (!http || uri.getHost() == null) {
            throw new IllegalArgumentException("has no https:// or http:// and a host behind it");
        }
        String path = uri.getPath();
        if (uri.getUserInfo() != null
                || uri.getQuery() != null
                || uri.getFragment() != null
                || !(path == null || path.isEmpty() || path.equals("/"))) {
            throw new IllegalArgumentException("has more than scheme, host and port");
        }
        return uri;
    }
}

package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.json.JsonObject;
import java.util.Map;

/**
 * A request as the double sees it.
 *
 * @param method upper case
 * @param path without {@code /v1/} and query
 * @param query decoded parameters
 * @param headers by lower-case name
 * @param body empty where there is none
 * @param clientCertificate subject of the TLS client certificate, empty without one
 */
record DoubleRequest(
        String method,
        String path,
        Map<String, String> query,
        Map<String, String> headers,
        JsonObject body,
        String clientCertificate) {

    String header(String lowerCaseName) {
        return headers.getOrDefault(lowerCaseName, "");
    }

    DoubleRequest at(String otherPath) {
        return new DoubleRequest(method, otherPath, query, headers, body, clientCertificate);
    }

    boolean isList() {
        return method.equals("LIST") || "true".equals(query.get("list"));
    }

    boolean isWrite() {
        return method.equals("POST") || method.equals("PUT");
    }
}

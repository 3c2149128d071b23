package dev.postern.auth.credentials.cloud;

import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.http.CredentialHttp;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tokens of Microsoft Entra for Azure Database for PostgreSQL: by workload identity where the environment speaks of it
 * (the variables of Azure's webhook), else from the machine's metadata.
 */
final class AzureTokens implements AccessTokens {
    private static final String RESOURCE = "https://ossrdbms-aad.database.windows.net";
    private static final String AUTHORITY = "https://login.microsoftonline.com/";
    private static final String METADATA = "http://169.254.169.254";
    private static final String ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private final Map<String, String> environment;
    private final URI metadata;
    private final CredentialHttp http = new CredentialHttp();

    AzureTokens(Map<String, String> environment) {
        this(environment, URI.create(METADATA));
    }

    AzureTokens(Map<String, String> environment, URI metadata) {
        this.environment = environment;
        this.metadata = metadata;
    }

    private String get(String name) {
        return environment.getOrDefault(name, "").strip();
    }

    private boolean hasWorkloadIdentity() {
        return !get("AZURE_FEDERATED_TOKEN_FILE").isEmpty()
                && !get("AZURE_CLIENT_ID").isEmpty()
                && !get("AZURE_TENANT_ID").isEmpty();
    }

    @Override
    public AccessToken get() throws CredentialUnavailable {
        return hasWorkloadIdentity() ? byWorkloadIdentity() : fromMetadata();
    }

    /** The token file is read each time: kubelet renews it. */
    private AccessToken byWorkloadIdentity() throws CredentialUnavailable {
        String authority = get("AZURE_AUTHORITY_HOST").isEmpty() ? AUTHORITY : get("AZURE_AUTHORITY_HOST");
        URI address = address(authority + (authority.endsWith("/") ? "" : "/") + encode(get("AZURE_TENANT_ID"))
                + "/oauth2/v2.0/token");
        Map<String, String> form = new LinkedHashMap<>();
        form.put("client_id", get("AZURE_CLIENT_ID"));
        form.put("grant_type", "client_credentials");
        form.put("client_assertion_type", ASSERTION);
        form.put("client_assertion", contents(get("AZURE_FEDERATED_TOKEN_FILE")));
        form.put("scope", RESOURCE + "/.default");
        String body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + encode(field.getValue()))
                .collect(Collectors.joining("&"));
        return AccessToken.read(
                http.send(CredentialHttp.to(address)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build()),
                address.getHost());
    }

    private AccessToken fromMetadata() throws CredentialUnavailable {
        String client = get("AZURE_CLIENT_ID");
        URI address = metadata.resolve("/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
                + encode(RESOURCE) + (client.isEmpty() ? "" : "&client_id=" + encode(client)));
        return AccessToken.read(
                http.send(CredentialHttp.to(address)
                        .header("Metadata", "true")
                        .GET()
                        .build()),
                "instance metadata");
    }

    private static URI address(String text) throws CredentialUnavailable {
        try {
            URI address = URI.create(text);
            if (address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw new CredentialUnavailable("AZURE_AUTHORITY_HOST is no address", e);
        }
        throw new CredentialUnavailable("AZURE_AUTHORITY_HOST is no address");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String contents(String file) throws CredentialUnavailable {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new CredentialUnavailable(file + " cannot be read", e);
        }
    }

    @Override
    public String describe() {
        return hasWorkloadIdentity() ? "workload identity " + get("AZURE_CLIENT_ID") : "instance metadata";
    }
}

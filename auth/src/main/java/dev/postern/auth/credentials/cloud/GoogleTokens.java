package dev.postern.auth.credentials.cloud;

import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.http.CredentialHttp;
import java.net.URI;
import java.util.Map;

/** Tokens of Google Cloud for logins to Cloud SQL, from the metadata server: of the machine, or of the pod's account on GKE. */
final class GoogleTokens implements AccessTokens {
    private static final String METADATA = "metadata.google.internal";
    private static final String PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
            + "?scopes=https://www.googleapis.com/auth/sqlservice.login";

    private final URI address;
    private final CredentialHttp http = new CredentialHttp();

    /** GCE_METADATA_HOST, as in Google's libraries, is another metadata server. */
    GoogleTokens(Map<String, String> environment) {
        String host = environment.getOrDefault("GCE_METADATA_HOST", "").strip();
        address = URI.create("http://" + (host.isEmpty() ? METADATA : host) + PATH);
    }

    @Override
    public AccessToken get() throws CredentialUnavailable {
        return AccessToken.read(
                http.send(CredentialHttp.to(address)
                        .header("Metadata-Flavor", "Google")
                        .GET()
                        .build()),
                "the metadata server");
    }

    @Override
    public String describe() {
        return "metadata server " + address.getHost();
    }
}

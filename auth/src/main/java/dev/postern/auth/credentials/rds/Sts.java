package dev.postern.auth.credentials.rds;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.http.CredentialHttp;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** The two calls of AWS' token service that give credentials of a role (STS API Reference, version 2011-06-15). */
final class Sts {
    private final CredentialHttp http = new CredentialHttp();
    private final URI endpoint;
    private final String region;
    private final Clock clock;

    /** A regional endpoint: the global one is far away and on its way out. */
    static URI regional(String region) {
        return URI.create("https://sts." + region + ".amazonaws.com" + (region.startsWith("cn-") ? ".cn" : "") + "/");
    }

    Sts(URI endpoint, String region, Clock clock) {
        this.endpoint = endpoint;
        this.region = region;
        this.clock = clock;
    }

    AwsCredentials assumeRoleWithWebIdentity(String roleArn, String sessionName, Secret jwt)
            throws CredentialUnavailable {
        TreeMap<String, String> form = form("AssumeRoleWithWebIdentity", roleArn, sessionName);
        form.put("WebIdentityToken", jwt.reveal());
        byte[] body = SigV4.query(form).getBytes(StandardCharsets.US_ASCII);
        return credentials(http.send(request(body).build()));
    }

    AwsCredentials assumeRole(String roleArn, String sessionName, String externalId, AwsCredentials caller)
            throws CredentialUnavailable {
        TreeMap<String, String> form = form("AssumeRole", roleArn, sessionName);
        if (!externalId.isEmpty()) {
            form.put("ExternalId", externalId);
        }
        byte[] body = SigV4.query(form).getBytes(StandardCharsets.US_ASCII);
        Instant now = clock.instant();
        TreeMap<String, String> headers = new TreeMap<>();
        headers.put("host", endpoint.getAuthority());
        headers.put("x-amz-date", SigV4.time(now));
        caller.sessionToken().ifPresent(token -> headers.put("x-amz-security-token", token.reveal()));
        String signature = SigV4.signature("POST", "", headers, body, caller.secretAccessKey(), now, region, "sts");
        HttpRequest.Builder request = request(body);
        headers.forEach((name, value) -> {
            if (!name.equals("host")) {
                request.header(name, value);
            }
        });
        request.header(
                "Authorization",
                SigV4.ALGORITHM + " Credential=" + caller.accessKeyId() + "/" + SigV4.scope(now, region, "sts")
                        + ", SignedHeaders=" + SigV4.signedHeaders(headers) + ", Signature=" + signature);
        return credentials(http.send(request.build()));
    }

    private static TreeMap<String, String> form(String action, String roleArn, String sessionName) {
        TreeMap<String, String> form = new TreeMap<>();
        form.put("Action", action);
        form.put("Version", "2011-06-15");
        form.put("RoleArn", roleArn);
        form.put("RoleSessionName", sessionName);
        return form;
    }

    private HttpRequest.Builder request(byte[] body) {
        return CredentialHttp.to(endpoint)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    }

    private static AwsCredentials credentials(byte[] answer) throws CredentialUnavailable {
        Map<String, String> found = new HashMap<>();
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(answer));
            boolean inside = false;
            while (reader.hasNext()) {
                int event = reader.next();
                if (event == XMLStreamConstants.START_ELEMENT && inside) {
                    found.put(reader.getLocalName(), reader.getElementText());
                } else if (event == XMLStreamConstants.START_ELEMENT) {
                    inside = reader.getLocalName().equals("Credentials");
                } else if (event == XMLStreamConstants.END_ELEMENT) {
                    inside = false;
                }
            }
            return new AwsCredentials(
                    required(found, "AccessKeyId"),
                    Secret.ofText(required(found, "SecretAccessKey")),
                    Optional.of(Secret.ofText(required(found, "SessionToken"))),
                    Instant.parse(required(found, "Expiration")));
        } catch (XMLStreamException | DateTimeParseException e) {
            throw new CredentialUnavailable("STS answered something else than credentials");
        }
    }

    private static String required(Map<String, String> found, String name) throws CredentialUnavailable {
        String value = found.get(name);
        if (value == null) {
            throw new CredentialUnavailable("STS answered without " + name);
        }
        return value;
    }
}

package dev.postern.auth.credentials.rds;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.http.CredentialHttp;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * AWS' usual sources, in AWS' usual order: environment, IRSA (web identity), Pod Identity and ECS (container), instance
 * metadata (IMDSv2); and a role assumed with any of them. Which are tried is decided once, from the environment.
 */
public final class AwsProviders {
    private static final URI INSTANCE_METADATA = URI.create("http://169.254.169.254");
    private static final String ECS_HOST = "http://169.254.170.2";
    private static final String SESSION = "postern";

    /** Plain HTTP is for these alone; any other name must be https. */
    private static final Set<String> LOCAL_HOSTS =
            Set.of("169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "127.0.0.1", "localhost", "[::1]");

    private final Map<String, String> environment;
    private final Clock clock;
    private final Sts sts;
    private final URI metadataEndpoint;
    private final CredentialHttp http = new CredentialHttp();

    /** The endpoints are AWS' own, unless AWS' variables for others are set: a VPC's endpoint, a stand-in. */
    public AwsProviders(Map<String, String> environment, String region, Clock clock) {
        this(
                environment,
                region,
                clock,
                endpoint(environment, "AWS_ENDPOINT_URL_STS", Sts.regional(region)),
                endpoint(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT", INSTANCE_METADATA));
    }

    private static URI endpoint(Map<String, String> environment, String variable, URI usual) {
        String given = environment.getOrDefault(variable, "").strip();
        return given.isEmpty() ? usual : URI.create(given.endsWith("/") ? given : given + "/");
    }

    AwsProviders(Map<String, String> environment, String region, Clock clock, URI stsEndpoint, URI metadataEndpoint) {
        this.environment = environment;
        this.clock = clock;
        this.sts = new Sts(stsEndpoint, region, clock);
        this.metadataEndpoint = metadataEndpoint;
    }

    /** The first source that the environment speaks of; instance metadata where it speaks of none. */
    public AwsCredentialProvider standard() {
        if (has("AWS_ACCESS_KEY_ID") && has("AWS_SECRET_ACCESS_KEY")) {
            return provider("environment", this::fromEnvironment);
        }
        if (has("AWS_ROLE_ARN") && has("AWS_WEB_IDENTITY_TOKEN_FILE")) {
            return cached("web identity " + get("AWS_ROLE_ARN"), this::byWebIdentity);
        }
        if (has("AWS_CONTAINER_CREDENTIALS_FULL_URI") || has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
            return cached("container", this::fromContainer);
        }
        return cached("instance metadata", this::fromInstanceMetadata);
    }

    /** Another role, assumed with what {@link #standard} gives; the external id may be empty. */
    public AwsCredentialProvider assuming(String roleArn, String externalId, AwsCredentialProvider base) {
        return cached(
                "role " + roleArn + " by " + base.describe(),
                () -> sts.assumeRole(roleArn, sessionName(), externalId, base.get()));
    }

    private interface Get {
        AwsCredentials get() throws CredentialUnavailable;
    }

    private record Described(String describe, Get from) implements AwsCredentialProvider {
        @Override
        public AwsCredentials get() throws CredentialUnavailable {
            return from.get();
        }
    }

    private static AwsCredentialProvider provider(String name, Get get) {
        return new Described(name, get);
    }

    private AwsCredentialProvider cached(String name, Get get) {
        return new CachedProvider(provider(name, get), clock);
    }

    private boolean has(String name) {
        return !get(name).isBlank();
    }

    private String get(String name) {
        return environment.getOrDefault(name, "");
    }

    private String sessionName() {
        return has("AWS_ROLE_SESSION_NAME") ? get("AWS_ROLE_SESSION_NAME") : SESSION;
    }

    private AwsCredentials fromEnvironment() {
        Optional<Secret> session =
                has("AWS_SESSION_TOKEN") ? Optional.of(Secret.ofText(get("AWS_SESSION_TOKEN"))) : Optional.empty();
        return new AwsCredentials(
                get("AWS_ACCESS_KEY_ID"), Secret.ofText(get("AWS_SECRET_ACCESS_KEY")), session, Instant.MAX);
    }

    /** IRSA: kubelet renews the file, so it is read each time. */
    private AwsCredentials byWebIdentity() throws CredentialUnavailable {
        try (Secret jwt = Secret.ofText(contents(get("AWS_WEB_IDENTITY_TOKEN_FILE")))) {
            return sts.assumeRoleWithWebIdentity(get("AWS_ROLE_ARN"), sessionName(), jwt);
        }
    }

    private AwsCredentials fromContainer() throws CredentialUnavailable {
        URI uri = URI.create(
                has("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                        ? get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                        : ECS_HOST + get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
        if (!"https".equals(uri.getScheme()) && !LOCAL_HOSTS.contains(String.valueOf(uri.getHost()))) {
            throw new CredentialUnavailable("container credentials from " + uri.getHost()
                    + " without TLS (expected: https, loopback or AWS' link-local addresses)");
        }
        HttpRequest.Builder request = CredentialHttp.to(uri).GET();
        if (has("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
            request.header("Authorization", contents(get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")));
        } else if (has("AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
            request.header("Authorization", get("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
        }
        return fromJson(http.send(request.build()), "the container endpoint");
    }

    /** IMDSv2: a session first. A container needs a hop limit of 2. */
    private AwsCredentials fromInstanceMetadata() throws CredentialUnavailable {
        if ("true".equalsIgnoreCase(get("AWS_EC2_METADATA_DISABLED"))) {
            throw new CredentialUnavailable("no AWS credentials in the environment, and instance metadata is disabled");
        }
        byte[] session = http.send(CredentialHttp.to(metadataEndpoint.resolve("/latest/api/token"))
                .header("X-aws-ec2-metadata-token-ttl-seconds", "300")
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build());
        String token = new String(session, StandardCharsets.US_ASCII);
        String folder = "/latest/meta-data/iam/security-credentials/";
        String role = new String(metadata(folder, token), StandardCharsets.US_ASCII).strip();
        return fromJson(metadata(folder + role.lines().findFirst().orElse(""), token), "instance metadata");
    }

    private byte[] metadata(String path, String token) throws CredentialUnavailable {
        return http.send(CredentialHttp.to(metadataEndpoint.resolve(path))
                .header("X-aws-ec2-metadata-token", token)
                .GET()
                .build());
    }

    private static AwsCredentials fromJson(byte[] answer, String where) throws CredentialUnavailable {
        try {
            JsonObject json = Json.parse(answer, Set.of("SecretAccessKey", "Token"));
            Optional<Secret> key = json.secret("SecretAccessKey");
            if (json.text("AccessKeyId").isEmpty() || key.isEmpty()) {
                throw new CredentialUnavailable(where + " answered without keys, but " + json.names());
            }
            return new AwsCredentials(
                    json.text("AccessKeyId"), key.get(), json.secret("Token"), Instant.parse(json.text("Expiration")));
        } catch (Json.MalformedJson | DateTimeParseException e) {
            throw new CredentialUnavailable(where + " answered something else than credentials");
        }
    }

    private static String contents(String file) throws CredentialUnavailable {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new CredentialUnavailable(file + " cannot be read", e);
        }
    }
}

package dev.postern.auth.credentials.rds;

import dev.postern.auth.Secret;
import java.time.Instant;
import java.util.Optional;

/**
 * What signs a request to AWS.
 *
 * @param accessKeyId public part
 * @param secretAccessKey the key
 * @param sessionToken present with temporary credentials
 * @param expires {@link Instant#MAX} where they do not end
 */
public record AwsCredentials(
        String accessKeyId, Secret secretAccessKey, Optional<Secret> sessionToken, Instant expires) {}

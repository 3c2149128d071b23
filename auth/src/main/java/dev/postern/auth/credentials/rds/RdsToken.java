package dev.postern.auth.credentials.rds;

import dev.postern.auth.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The password of an RDS IAM login: a presigned GET of service {@code rds-db} without its scheme, made here without a
 * request. Good for 15 minutes, looked at only at login.
 */
final class RdsToken {
    static final Duration VALID = Duration.ofMinutes(15);
    private static final Pattern RDS_HOST =
            Pattern.compile(".*\\.([a-z]{2}(?:-[a-z]+)+-\\d+)\\.rds\\.amazonaws\\.com(?:\\.cn)?");

    private RdsToken() {}

    /** The host must be the instance's or cluster's real endpoint name: RDS checks the signature over it. */
    static Secret sign(String host, int port, String user, String region, AwsCredentials credentials, Instant at) {
        TreeMap<String, String> parameters = new TreeMap<>();
        parameters.put("Action", "connect");
        parameters.put("DBUser", user);
        parameters.put("X-Amz-Algorithm", SigV4.ALGORITHM);
        parameters.put("X-Amz-Credential", credentials.accessKeyId() + "/" + SigV4.scope(at, region, "rds-db"));
        parameters.put("X-Amz-Date", SigV4.time(at));
        parameters.put("X-Amz-Expires", String.valueOf(VALID.toSeconds()));
        parameters.put("X-Amz-SignedHeaders", "host");
        credentials.sessionToken().ifPresent(token -> parameters.put("X-Amz-Security-Token", token.reveal()));
        TreeMap<String, String> headers = new TreeMap<>();
        headers.put("host", host + ":" + port);
        String query = SigV4.query(parameters);
        String signature = SigV4.signature(
                "GET", query, headers, new byte[0], credentials.secretAccessKey(), at, region, "rds-db");
        return Secret.ofText(host + ":" + port + "/?" + query + "&X-Amz-Signature=" + signature);
    }

    /** From an endpoint's name, where it tells. */
    static Optional<String> regionOf(String host) {
        Matcher matcher = RDS_HOST.matcher(host);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}

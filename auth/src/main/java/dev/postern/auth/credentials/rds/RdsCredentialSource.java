package dev.postern.auth.credentials.rds;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialReader;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.PolledCredentialSource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * RDS IAM tokens, made when a connection is opened and kept for 10 to 14 minutes: RDS slows logins down that come with
 * ever new tokens. Open connections outlive their token, so a new one is no new generation.
 */
public final class RdsCredentialSource {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);
    private static final Duration LEAST_KEPT = Duration.ofMinutes(10);
    private static final Duration MOST_KEPT = Duration.ofMinutes(14);

    /** A login may take this long after the token was handed out. */
    private static final Duration BEFORE_EXPIRY = Duration.ofSeconds(30);

    private RdsCredentialSource() {}

    /**
     * @param host the real endpoint name, no CNAME of it
     * @param user a role that has {@code rds_iam}
     * @param region as {@link #region} finds it
     * @param clock the wall clock: AWS compares the time in the token with its own
     */
    public static CredentialSource of(
            String host,
            int port,
            String user,
            String region,
            AwsCredentialProvider provider,
            BackgroundTasks tasks,
            Clock clock) {
        return new PolledCredentialSource(
                new Reader(host, port, user, region, provider, clock), tasks, FIRST_RETRY, MAX_RETRY);
    }

    /** The configured region, else the environment's, else the one in the host's name. */
    public static String region(String configured, Map<String, String> environment, String host)
            throws CredentialUnavailable {
        for (String region : new String[] {
            configured,
            environment.getOrDefault("AWS_REGION", ""),
            environment.getOrDefault("AWS_DEFAULT_REGION", ""),
            RdsToken.regionOf(host).orElse("")
        }) {
            if (!region.isBlank()) {
                return region;
            }
        }
        throw new CredentialUnavailable("no AWS region: neither configured, nor in AWS_REGION, nor in " + host);
    }

    private record Reader(
            String host, int port, String user, String region, AwsCredentialProvider provider, Clock clock)
            implements CredentialReader {
        @Override
        public Reading read() throws CredentialUnavailable {
            AwsCredentials credentials = provider.get();
            Instant now = clock.instant();
            Duration valid = RdsToken.VALID;
            Duration identity =
                    credentials.expires().equals(Instant.MAX) ? valid : Duration.between(now, credentials.expires());
            valid = identity.compareTo(valid) < 0 ? identity : valid;
            Duration kept = Duration.ofMillis(
                    RandomGenerator.getDefault().nextLong(LEAST_KEPT.toMillis(), MOST_KEPT.toMillis()));
            Duration usable = valid.minus(BEFORE_EXPIRY);
            if (!usable.isPositive()) {
                throw new CredentialUnavailable("the AWS credentials of " + provider.describe() + " are about to end");
            }
            return new Reading(
                    user,
                    RdsToken.sign(host, port, user, region, credentials, now),
                    usable.compareTo(kept) < 0 ? usable : kept,
                    usable);
        }

        @Override
        public boolean replacesConnections(Credential before, Reading after) {
            return !before.user().equals(after.user());
        }

        @Override
        public String describe() {
            return "rds " + user + "@" + host + ":" + port + " by " + provider.describe();
        }
    }
}

package dev.postern.auth.credentials.rds;

import dev.postern.auth.credentials.CredentialUnavailable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Keeps temporary credentials until five minutes before their end, and to the end where no new ones can be had. */
final class CachedProvider implements AwsCredentialProvider {
    private static final Duration EARLY = Duration.ofMinutes(5);
    private static final Duration LAST_USE = Duration.ofMinutes(1);

    private final AwsCredentialProvider source;
    private final Clock clock;
    private Optional<AwsCredentials> kept = Optional.empty();

    CachedProvider(AwsCredentialProvider source, Clock clock) {
        this.source = source;
        this.clock = clock;
    }

    @Override
    public synchronized AwsCredentials get() throws CredentialUnavailable {
        if (isGoodFor(EARLY)) {
            return kept.orElseThrow();
        }
        try {
            AwsCredentials fresh = source.get();
            kept = Optional.of(fresh);
            return fresh;
        } catch (CredentialUnavailable e) {
            if (isGoodFor(LAST_USE)) {
                return kept.orElseThrow();
            }
            throw e;
        }
    }

    private boolean isGoodFor(Duration time) {
        Instant expires = kept.map(AwsCredentials::expires).orElse(Instant.MIN);
        return expires.equals(Instant.MAX) || clock.instant().plus(time).isBefore(expires);
    }

    @Override
    public String describe() {
        return source.describe();
    }
}

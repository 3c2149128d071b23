package dev.postern.auth.credentials.vault;

import java.time.Duration;

/**
 * How gently one Vault is treated.
 *
 * @param requestsPerSecond the bound on all requests of this gateway to it
 * @param burst how many may come at once after a quiet time
 * @param idleAfter a lease that nobody held for so long is given back
 * @param kvInterval how often KV entries in use are read
 */
public record VaultSettings(double requestsPerSecond, int burst, Duration idleAfter, Duration kvInterval) {
    public static final VaultSettings DEFAULTS =
            new VaultSettings(20, 20, Duration.ofMinutes(10), Duration.ofMinutes(1));

    public VaultSettings {
        if (requestsPerSecond <= 0 || burst < 1 || !idleAfter.isPositive() || !kvInterval.isPositive()) {
            throw new IllegalArgumentException("Vault settings must be positive");
        }
    }

    public VaultSettings withBound(double perSecond, int atOnce) {
        return new VaultSettings(perSecond, atOnce, idleAfter, kvInterval);
    }

    public VaultSettings withIdleAfter(Duration duration) {
        return new VaultSettings(requestsPerSecond, burst, duration, kvInterval);
    }

    public VaultSettings withKvInterval(Duration duration) {
        return new VaultSettings(requestsPerSecond, burst, idleAfter, duration);
    }
}

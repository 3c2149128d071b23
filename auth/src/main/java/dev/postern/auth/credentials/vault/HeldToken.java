package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import java.time.Duration;
import java.time.Instant;

/** A token and what hangs on it. Its end moves when it is renewed; all its leases end with it. */
final class HeldToken {
    private final Secret secret;
    private final Duration ttl;
    private final boolean batch;
    private final boolean ownedByUs;
    private volatile Instant expires;
    private volatile boolean renewable;
    private volatile boolean dead;
    private volatile boolean replaced;
    private int leases;

    HeldToken(VaultLogin.Result.LoggedIn login, Instant issued) {
        this.secret = login.token();
        this.ttl = login.ttl();
        this.batch = login.batch();
        this.ownedByUs = login.ownedByUs();
        this.renewable = login.renewable() && !login.batch();
        this.expires = ttl.isZero() ? Instant.MAX : issued.plus(ttl);
    }

    Secret secret() {
        return secret;
    }

    Duration ttl() {
        return ttl;
    }

    boolean isBatch() {
        return batch;
    }

    boolean isOwnedByUs() {
        return ownedByUs;
    }

    Instant expires() {
        return expires;
    }

    void setExpires(Instant instant) {
        expires = instant;
    }

    boolean isRenewable() {
        return renewable;
    }

    void setNotRenewable() {
        renewable = false;
    }

    /** Vault does not know it any more, so its leases are gone too. */
    boolean isDead() {
        return dead;
    }

    void setDead() {
        dead = true;
    }

    /** A younger token makes the new leases. */
    boolean isReplaced() {
        return replaced;
    }

    void setReplaced() {
        replaced = true;
    }

    synchronized void addLease() {
        leases++;
    }

    /** True when that was the last one. */
    synchronized boolean removeLease() {
        return --leases == 0;
    }

    synchronized boolean hasLeases() {
        return leases > 0;
    }
}

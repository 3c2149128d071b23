package dev.postern.auth.credentials;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What an operator sees of a source; holds no secret, but may name hosts and paths: not for clients.
 *
 * @param source where the credential comes from, for example {@code vault main database/creds/orders-app}
 * @param state one word for dashboards
 * @param user the current server role, empty while there is none
 * @param generation the current one, 0 while there is none
 * @param left time to the current generation's deadline, negative when overdue; empty when nothing ends or there is none
 * @param retiring how many replaced generations still have connections
 * @param lastRotation when the current generation began
 * @param lastError text of the last failure, also a repaired one; empty when there was none
 * @param lastErrorAt when that was
 */
public record CredentialStatus(
        String source,
        State state,
        String user,
        long generation,
        Optional<Duration> left,
        int retiring,
        Optional<Instant> lastRotation,
        String lastError,
        Optional<Instant> lastErrorAt) {

    /** IDLE: nobody asked yet (or given back); OVERDUE: past its end while the issuer is away; FAILING: none, and the last try failed. */
    public enum State {
        IDLE,
        PENDING,
        READY,
        OVERDUE,
        FAILING,
        CLOSED
    }
}

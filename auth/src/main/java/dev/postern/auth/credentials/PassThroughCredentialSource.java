package dev.postern.auth.credentials;

import dev.postern.auth.password.Fingerprints;
import dev.postern.auth.password.Fingerprints.Fingerprint;
import dev.postern.auth.password.ScramKeys;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One client role's own SCRAM keys, as its logins leave them. They are kept in memory only, and only as long as the role has
 * a session: {@link #forget} wipes them. Other keys than before (the password was changed) are a new generation; keys that a
 * server refused are wiped at once.
 */
public final class PassThroughCredentialSource implements CredentialSource {
    private final String role;
    private final Runnable outdated;
    private final Fingerprints fingerprints = new Fingerprints();
    private final List<CredentialListener> listeners = new ArrayList<>();
    private Optional<ScramKeys> keys = Optional.empty();
    private Optional<Fingerprint> last = Optional.empty();
    private Optional<Instant> since = Optional.empty();
    private String error = "";
    private Optional<Instant> errorAt = Optional.empty();
    private long generation;
    private boolean closed;

    /** @param outdated called, on any thread, when a server refused the keys: what is remembered of the user is too old */
    public PassThroughCredentialSource(String role, Runnable outdated) {
        this.role = role;
        this.outdated = outdated;
    }

    /** A client has proved itself with these; takes them over. */
    public void offer(ScramKeys offered) {
        Optional<Credential> rotated = Optional.empty();
        List<CredentialListener> told;
        synchronized (this) {
            if (closed) {
                offered.close();
                return;
            }
            Fingerprint fingerprint = offered.fingerprint(fingerprints);
            if (keys.isPresent() && last.filter(fingerprint::equals).isPresent()) {
                offered.close();
                return;
            }
            keys.ifPresent(ScramKeys::close);
            keys = Optional.of(offered);
            if (last.filter(fingerprint::equals).isEmpty()) {
                generation++;
                since = Optional.of(Instant.now());
                last = Optional.of(fingerprint);
                rotated = Optional.of(shown());
            }
            told = List.copyOf(listeners);
        }
        rotated.ifPresent(current -> told.forEach(listener -> listener.rotated(current)));
    }

    private Credential shown() {
        return new Credential(role, Credential.NO_SECRET, generation, Instant.MAX);
    }

    /** The last session of the role has ended. */
    public synchronized void forget() {
        keys.ifPresent(ScramKeys::close);
        keys = Optional.empty();
    }

    @Override
    public synchronized CompletionStage<Credential> acquire() {
        if (keys.isEmpty()) {
            return CompletableFuture.failedStage(new CredentialUnavailable(
                    error.isEmpty()
                            ? "no client of role \"" + role + "\" is logged in, whose keys could be passed through"
                            : error));
        }
        return CompletableFuture.completedStage(new Credential(
                role,
                Credential.NO_SECRET,
                generation,
                Instant.MAX,
                Optional.of(keys.get().copy())));
    }

    @Override
    public void release(Credential credential) {}

    @Override
    public synchronized GenerationState generation(long asked) {
        return asked == generation ? GenerationState.LASTING : GenerationState.REPLACED;
    }

    @Override
    public synchronized void listen(CredentialListener listener) {
        listeners.add(listener);
    }

    @Override
    public void refused(Credential used, String sqlState) {
        synchronized (this) {
            if (used.generation() != generation || keys.isEmpty()) {
                return;
            }
            keys.get().close();
            keys = Optional.empty();
            last = Optional.empty(); // the same keys again are another try
            error = "the server refused what the client of role \"" + role
                    + "\" logged in with: it knows another password";
            errorAt = Optional.of(Instant.now());
        }
        outdated.run();
    }

    @Override
    public synchronized CredentialStatus status() {
        CredentialStatus.State state = closed
                ? CredentialStatus.State.CLOSED
                : keys.isPresent() ? CredentialStatus.State.READY : CredentialStatus.State.IDLE;
        return new CredentialStatus(
                "pass-through", state, role, generation, Optional.empty(), 0, since, error, errorAt);
    }

    @Override
    public synchronized void close() {
        closed = true;
        forget();
    }
}

package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialListener;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.GenerationState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/** One route's view of a {@link LeasedCredential} that others may share. */
final class LeasedCredentialSource implements CredentialSource {
    private final LeasedCredential shared;
    private final Runnable onClose;
    private final List<CredentialListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    LeasedCredentialSource(LeasedCredential shared, Runnable onClose) {
        this.shared = shared;
        this.onClose = onClose;
    }

    @Override
    public CompletionStage<Credential> acquire() {
        return closed.get()
                ? CompletableFuture.failedStage(new CredentialUnavailable("the credential source is closed"))
                : shared.acquire();
    }

    @Override
    public void accepted(Credential used) {
        shared.accepted(used.generation());
    }

    @Override
    public void release(Credential credential) {
        shared.release(credential);
    }

    @Override
    public GenerationState generation(long generation) {
        return shared.generation(generation);
    }

    @Override
    public void listen(CredentialListener listener) {
        listeners.add(listener);
        shared.listen(listener);
    }

    @Override
    public void refused(Credential used, String sqlState) {
        shared.refused(used, sqlState);
    }

    @Override
    public CompletionStage<Boolean> isGone(Credential refused) {
        return shared.isGone(refused);
    }

    @Override
    public boolean isReplacing(Credential refused) {
        return shared.isReplacing();
    }

    @Override
    public void transactionEnded(Duration lasted) {
        shared.transactionEnded(lasted);
    }

    @Override
    public CredentialStatus status() {
        return shared.status();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            listeners.forEach(shared::forget);
            onClose.run();
        }
    }
}

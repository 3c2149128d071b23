package dev.postern.auth.credentials;

import dev.postern.auth.Secret;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A user and password that never change: tests, laptops, servers that trust. */
public final class StaticCredentialSource implements CredentialSource {
    private final Credential credential;
    private volatile boolean closed;

    public StaticCredentialSource(String user, Secret password) {
        credential = new Credential(user, password, 1, Instant.MAX);
    }

    @Override
    public CompletionStage<Credential> acquire() {
        if (closed) {
            return CompletableFuture.failedStage(new CredentialUnavailable("the credential source is closed"));
        }
        return CompletableFuture.completedStage(credential);
    }

    @Override
    public void release(Credential released) {}

    @Override
    public GenerationState generation(long generation) {
        return generation == credential.generation() ? GenerationState.LASTING : GenerationState.DEAD;
    }

    @Override
    public void listen(CredentialListener listener) {}

    @Override
    public void refused(Credential used, String sqlState) {}

    @Override
    public CredentialStatus status() {
        return new CredentialStatus(
                "static",
                closed ? CredentialStatus.State.CLOSED : CredentialStatus.State.READY,
                credential.user(),
                credential.generation(),
                Optional.empty(),
                0,
                Optional.empty(),
                "",
                Optional.empty());
    }

    @Override
    public void close() {
        closed = true;
    }
}

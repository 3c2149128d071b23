package dev.postern.auth.server;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.postern.auth.Secret;
import dev.postern.auth.password.Fingerprints;
import dev.postern.auth.password.Fingerprints.Fingerprint;
import dev.postern.auth.password.ScramKeys;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * SCRAM keys of passwords that were used before, by password, salt and iterations: PBKDF2 runs once for a password, not once
 * for a connection. Holds no password. Bounded; single flight. Safe for use by all event loops.
 */
public final class ScramKeyCache implements AutoCloseable {
    private final Fingerprints fingerprints = new Fingerprints();
    private final Executor stretching;
    private final AsyncCache<Fingerprint, ScramKeys> keys;

    /**
     * @param stretching where PBKDF2 runs: {@link dev.postern.auth.password.StretchExecutor}
     * @param maximumSize entries kept; a pool needs one for each role and server, and one more during a rotation
     */
    public ScramKeyCache(Executor stretching, int maximumSize) {
        this.stretching = stretching;
        keys = Caffeine.newBuilder()
                .maximumSize(maximumSize)
                .expireAfterAccess(Duration.ofHours(1))
                // Its upkeep is a few list operations: no thread of its own.
                .executor(Runnable::run)
                .buildAsync();
    }

    /**
     * The keys; already complete when they are known. The cache owns them: they are not to be closed.
     *
     * @param secret not empty; read during the call and, on a miss, until the stage completes
     */
    CompletableFuture<ScramKeys> get(Secret secret, byte[] salt, int iterations) {
        byte[] rounds = ByteBuffer.allocate(Integer.BYTES).putInt(iterations).array();
        return keys.get(
                fingerprints.of(secret, salt, rounds),
                (key, executor) ->
                        CompletableFuture.supplyAsync(() -> ScramKeys.derive(secret, salt, iterations), stretching));
    }

    @Override
    public void close() {
        keys.synchronous().asMap().values().forEach(ScramKeys::close);
        keys.synchronous().invalidateAll();
    }
}

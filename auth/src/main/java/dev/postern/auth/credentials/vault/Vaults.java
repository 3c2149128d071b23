package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.PolledCredentialSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/**
 * Every Vault of a gateway: connections by name, identities at them, and the credentials leased through them, shared by
 * key (connection, identity, path). Nothing here blocks but {@link #close}.
 */
public final class Vaults implements AutoCloseable {
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);

    private record IdentityKey(String connection, String identity) {}

    private record LeaseKey(IdentityKey identity, String path) {}

    private record Connected(VaultConnection connection, VaultSettings settings) {}

    private static final class Shared {
        final LeasedCredential credential;
        int users;

        Shared(LeasedCredential credential) {
            this.credential = credential;
        }
    }

    private final BackgroundTasks tasks;
    private final RandomGenerator random;

    // Guarded by this.
    private final Map<String, Connected> connections = new HashMap<>();
    private final Map<IdentityKey, TokenKeeper> identities = new HashMap<>();
    private final Map<LeaseKey, Shared> leases = new HashMap<>();
    private final List<CompletableFuture<Void>> draining = new ArrayList<>();

    public Vaults(BackgroundTasks tasks) {
        this(tasks, RandomGenerator.getDefault());
    }

    Vaults(BackgroundTasks tasks, RandomGenerator random) {
        this.tasks = tasks;
        this.random = random;
    }

    /** Makes a connection known; nothing is sent yet. The client is closed with it. The name must be new. */
    public synchronized void connect(String name, VaultClient client, VaultSettings settings) {
        if (connections.containsKey(name)) {
            throw new IllegalArgumentException("Vault connection " + name + " exists");
        }
        VaultConnection connection =
                new VaultConnection(name, client, tasks, settings.requestsPerSecond(), settings.burst(), random);
        connections.put(name, new Connected(connection, settings));
    }

    /** Makes an identity known at a connection; it logs in when first needed. The name must be new there. */
    public synchronized void identity(String connection, String identity, VaultLogin login) {
        IdentityKey key = new IdentityKey(connection, identity);
        if (identities.containsKey(key)) {
            throw new IllegalArgumentException("identity " + identity + " exists at Vault connection " + connection);
        }
        identities.put(key, new TokenKeeper(connected(connection).connection(), login, tasks, random));
    }

    public synchronized boolean hasIdentity(String connection, String identity) {
        return identities.containsKey(new IdentityKey(connection, identity));
    }

    /** The credential at a path; sources with the same key share its leases. Close each when its route goes. */
    public synchronized CredentialSource source(String connection, String identity, VaultPath path) {
        IdentityKey key = new IdentityKey(connection, identity);
        TokenKeeper tokens = identities.get(key);
        if (tokens == null) {
            throw new IllegalArgumentException("no identity " + identity + " at Vault connection " + connection);
        }
        VaultSettings settings = connected(connection).settings();
        if (path.effectiveKind() == VaultPath.Kind.DYNAMIC) {
            return leased(new LeaseKey(key, path.path()), tokens, settings);
        }
        VaultReader reader = new VaultReader(tokens, path, settings.kvInterval());
        PolledCredentialSource source = new PolledCredentialSource(reader, tasks, FIRST_RETRY, MAX_RETRY);
        reader.onReturn(source::readNow);
        return source;
    }

    private CredentialSource leased(LeaseKey key, TokenKeeper tokens, VaultSettings settings) {
        Shared shared = leases.computeIfAbsent(
                key, k -> new Shared(new LeasedCredential(tokens, k.path(), settings.idleAfter(), tasks, random)));
        shared.users++;
        return new LeasedCredentialSource(shared.credential, () -> leave(key, shared));
    }

    private synchronized void leave(LeaseKey key, Shared shared) {
        if (--shared.users == 0) {
            leases.remove(key, shared);
            draining.removeIf(CompletableFuture::isDone);
            draining.add(shared.credential.close().toCompletableFuture());
        }
    }

    private Connected connected(String name) {
        Connected connected = connections.get(name);
        if (connected == null) {
            throw new IllegalArgumentException("no Vault connection " + name);
        }
        return connected;
    }

    /** Whether a Vault answers, for metrics and conditions; true for a connection that was never used. */
    public boolean isThere(String connection) {
        VaultConnection asked;
        synchronized (this) {
            asked = connected(connection).connection();
        }
        return !asked.isAway();
    }

    /** Forgets a connection and its identities, whose sources must be closed already; its last revocations still go out. */
    public synchronized void disconnect(String name) {
        Connected gone = connections.remove(name);
        if (gone == null) {
            return;
        }
        identities.entrySet().removeIf(entry -> {
            boolean ofIt = entry.getKey().connection().equals(name);
            if (ofIt) {
                entry.getValue().close();
            }
            return ofIt;
        });
        CompletableFuture.allOf(draining.toArray(CompletableFuture[]::new))
                .orTimeout(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((done, late) -> tasks.later(Duration.ofSeconds(1), gone.connection()::close));
    }

    /**
     * Revokes what is still leased and waits for it, at most ten seconds: call it when every server connection is
     * closed and every credential released. Blocks.
     */
    @Override
    public void close() {
        List<CompletableFuture<Void>> open;
        List<TokenKeeper> keepers;
        List<Connected> all;
        synchronized (this) {
            leases.values().forEach(s -> draining.add(s.credential.close().toCompletableFuture()));
            leases.clear();
            open = List.copyOf(draining);
            keepers = List.copyOf(identities.values());
            all = List.copyOf(connections.values());
            identities.clear();
            connections.clear();
        }
        try {
            CompletableFuture.allOf(open.toArray(CompletableFuture[]::new))
                    .get(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // What is left ends with its time: a Vault that is away cannot be asked.
            all.forEach(c -> c.connection().close());
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        keepers.forEach(TokenKeeper::closeAndRevoke);
        all.forEach(c -> c.connection().close());
    }
}

package dev.postern.auth.credentials.vault;

/** One Vault server or cluster, one namespace. Blocks: call it on a virtual thread. Never throws for what a server does. */
public interface VaultClient extends AutoCloseable {
    VaultAnswer send(VaultRequest request);

    /** For status and logs. */
    String address();

    @Override
    void close();
}

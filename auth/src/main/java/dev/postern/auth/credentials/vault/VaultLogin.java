package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import java.time.Duration;

/** How an identity gets its token. Blocks; reads its files anew at each login, since whoever wrote them rotates them. */
public interface VaultLogin {
    Result login(VaultClient client) throws CredentialUnavailable;

    /** For the operator: method, mount and role, for example {@code kubernetes/postern}. */
    String describe();

    /**
     * Whether the token on disk or in the configuration differs from the one in use; only where somebody else makes
     * the tokens.
     */
    default boolean hasNewToken(Secret inUse) {
        return false;
    }

    /** A token, or the answer that refused one. */
    sealed interface Result {
        /**
         * @param ttl zero: does not end
         * @param ownedByUs made by our login, so ours to revoke
         */
        record LoggedIn(Secret token, Duration ttl, boolean renewable, boolean batch, boolean ownedByUs)
                implements Result {}

        record NotLoggedIn(VaultAnswer answer) implements Result {}
    }
}

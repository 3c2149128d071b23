package dev.postern.auth.client;

import dev.postern.auth.password.ScramKeys;
import java.util.Optional;

/**
 * Who the client is.
 *
 * @param user the role it may act as
 * @param method how that was proved
 * @param passThrough the keys recovered from its SCRAM proof, where the route logs in to its servers with them; the
 *     receiver owns and wipes them
 * @param privileged the user store knows the role as a superuser or as one with REPLICATION; false where it does not know
 */
public record Identity(String user, Method method, Optional<ScramKeys> passThrough, boolean privileged) {
    public Identity(String user, Method method) {
        this(user, method, Optional.empty(), false);
    }
}

package dev.postern.auth.credentials;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ScramKeys;
import java.time.Instant;
import java.util.Optional;

/**
 * What opens a server connection.
 *
 * @param user the server role to log in as
 * @param secret its password or token; {@link #NO_SECRET} where the server asks for none
 * @param generation grows with every change of user or secret within one source, from 1; a server connection remembers
 *     the generation that opened it
 * @param deadline when connections of this generation must be gone, as known when it was handed out; renewals move it, so
 *     ask {@link CredentialSource#generation} before acting on it. {@link Instant#MAX} where nothing ends
 * @param keys instead of a secret: what a client's own login left. The receiver's own copy, which it wipes as soon as the
 *     server connection is open or has failed
 */
public record Credential(String user, Secret secret, long generation, Instant deadline, Optional<ScramKeys> keys) {
    public Credential(String user, Secret secret, long generation, Instant deadline) {
        this(user, secret, generation, deadline, Optional.empty());
    }

    public static final Secret NO_SECRET = Secret.ofBytes(new byte[0]);
}

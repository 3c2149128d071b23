package dev.postern.auth.credentials;

import dev.postern.auth.Secret;
import java.time.Instant;

/**
 * What opens a server connection.
 *
 * @param user the server role to log in as
 * @param secret its password or token; {@link #NO_SECRET} where the server asks for none
 * @param generation grows with every change of user or secret within one source, from 1; a server connection remembers
 *     the generation that opened it
 * @param deadline when connections of this generation must be gone, as known when it was handed out; renewals move it, so
 *     ask {@link CredentialSource#generation} before acting on it. {@link Instant#MAX} where nothing ends
 */
public record Credential(String user, Secret secret, long generation, Instant deadline) {
    public static final Secret NO_SECRET = Secret.ofBytes(new byte[0]);
}

package dev.postern.auth.server;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ScramKeys;

/** What the gateway logs in to a server with. */
public sealed interface ServerSecret {
    /** A password or token; serves every method. */
    record Password(Secret secret) implements ServerSecret {}

    /** Keys recovered from a client's own login (pass-through): serve SCRAM on servers that hold the identical verifier. */
    record Keys(ScramKeys keys) implements ServerSecret {}

    /** Nothing: the server trusts us, or knows us by our TLS certificate. */
    record None() implements ServerSecret {}
}

package dev.postern.auth.server;

import java.util.concurrent.CompletionStage;

/** What the gateway does next in its login to a server. Passwords in it are the receiver's to wipe once written. */
public sealed interface ServerStep {
    /** Send SASLInitialResponse. */
    record SaslInitial(String mechanism, byte[] response) implements ServerStep {}

    /** Send SASLResponse. */
    record SaslResponse(byte[] data) implements ServerStep {}

    /** Send PasswordMessage: these bytes and a terminating zero. */
    record Password(byte[] password) implements ServerStep {}

    /** Send nothing; the server goes on. */
    record Wait() implements ServerStep {}

    /** AuthenticationOk is to be believed. */
    record LoggedIn() implements ServerStep {}

    /** Close the connection. */
    record Failed(LoginFailure why) implements ServerStep {}

    /**
     * The answer is made elsewhere (PBKDF2). The stage completes on the login's loop, never exceptionally, and never with
     * another {@code Later}.
     */
    record Later(CompletionStage<ServerStep> step) implements ServerStep {}
}

package dev.postern.auth.server;

import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.ScramVerifier;

/**
 * What the gateway agrees to when a server asks.
 *
 * @param cleartextOutsideTls whether a password is sent to a server that asks for cleartext on a connection without TLS
 * @param channelBinding towards servers; libpq's channel_binding
 * @param minIterations fewer PBKDF2 rounds are refused: a false server would ask for few, to guess cheaply (RFC 7677: 4096)
 */
public record LoginPolicy(boolean cleartextOutsideTls, ChannelBinding channelBinding, int minIterations) {
    public static final int MAX_ITERATIONS = ScramVerifier.MAX_ITERATIONS;

    public static final LoginPolicy DEFAULT =
            new LoginPolicy(false, ChannelBinding.PREFER, ScramVerifier.DEFAULT_ITERATIONS);

    public LoginPolicy {
        if (minIterations < 1 || minIterations > MAX_ITERATIONS) {
            throw new IllegalArgumentException(
                    "minIterations " + minIterations + " (expected: 1 to " + MAX_ITERATIONS + ")");
        }
    }
}

package dev.postern.gateway.frontend;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.gateway.protocol.BackendKeyData;
import dev.postern.gateway.protocol.Refusal;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/** The way into the virtual database {@code pgbouncer}. Safe for use by all event loops; nothing blocks. */
public interface ConsoleDoor {
    /** The name that clients ask for. */
    String DATABASE = "pgbouncer";

    /** Whether this user is none of the console's. It goes through a login that nobody passes, and learns nothing. */
    Optional<Refusal> refuses(String user, Channel client);

    ClientAuthenticator authenticator(String user, Channel client);

    /** What speaks with a client that is logged in; it takes the login's place and says the welcome. */
    ChannelHandler session(Entrant entrant);

    /**
     * Who came in.
     *
     * @param user as it said, and has proved
     * @param channel its connection
     * @param applicationName of the startup packet; empty without
     * @param acceptedAt when it connected
     * @param key registers what a cancel request of this client reaches
     * @param forget ends that
     */
    record Entrant(
            String user,
            Channel channel,
            String applicationName,
            Instant acceptedAt,
            Function<Cancelable, BackendKeyData> key,
            java.util.function.IntConsumer forget) {}
}

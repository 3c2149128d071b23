package dev.postern.gateway.frontend;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Identity;
import dev.postern.gateway.protocol.Refusal;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.Optional;

/** A route as a login sees it that asked for a certain database. Safe for use by all event loops; nothing blocks. */
public interface ServedRoute {
    String name();

    /**
     * Whether this user may come in from there at all. One that may not goes through a login that nobody passes: the
     * operator reads why, the client learns nothing, and no password can be tried from a network that is shut out.
     */
    Optional<Refusal> refuses(String user, SocketAddress client);

    /** Whether simple queries end the client ({@code disable_pqexec}). */
    default boolean disablesPqexec() {
        return false;
    }

    /** Whether the client's address stands behind its application_name ({@code application_name_add_host}). */
    default boolean addsHost() {
        return false;
    }

    ClientAuthenticator authenticator();

    /** Why a client that has proved itself may not come in all the same. */
    Optional<Refusal> refuses(Identity identity);

    /** Why a client that asks for replication, and may come in otherwise, may not have it. */
    default Optional<Refusal> refusesReplication(Identity identity) {
        return Optional.empty();
    }

    /** The loop on which the sessions of this user in the database that was asked for live. */
    EventLoop loop(String user);

    /** The pool of that database for this client; called on {@link #loop}. */
    SessionPool pool(Identity identity);
}

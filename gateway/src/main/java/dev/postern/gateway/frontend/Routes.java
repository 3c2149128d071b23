package dev.postern.gateway.frontend;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.gateway.protocol.Refusal;
import java.util.Optional;

/** From a client's first words to its route, on the snapshot that is current. Safe for use by all event loops. */
public interface Routes {
    /** @param physical physical replication, for which a route that is named otherwise need not list the database */
    Decision decide(String database, Optional<String> serverName, Optional<String> routeOption, boolean physical);

    /** What unknown databases are answered with: a login that no password passes. */
    ClientAuthenticator nobody();

    /** What was found. */
    sealed interface Decision {
        record Served(ServedRoute route) implements Decision {}

        /** The virtual database of the admin console. */
        record Console(ConsoleDoor door) implements Decision {}

        /** The client learns nothing of it: it fails like a wrong password. */
        record Unknown() implements Decision {}

        /**
         * Two things the client said lead to two routes: once it has proved itself to the first, it is told so. A stranger
         * must not learn which names exist.
         */
        record Contradicted(ServedRoute route, Refusal refusal) implements Decision {}
    }
}

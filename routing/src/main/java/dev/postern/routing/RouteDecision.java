package dev.postern.routing;

import java.util.List;

/** Where a client goes. The {@code why} texts are for operators (logs, {@code postern explain}), not for clients. */
public sealed interface RouteDecision<T> {
    /** One sentence without a full stop. */
    String why();

    /**
     * The client takes this route.
     *
     * @param captures what the stars of the database pattern stood for, from left to right; empty for an exact name. Of a
     *     route without databases: what the star of the server name stood for
     */
    record Matched<T>(RouteEntry<T> entry, List<String> captures, String why) implements RouteDecision<T> {}

    /** No route. To a client that has not proved who it is, this has to look like a wrong password. */
    record Unknown<T>(String why) implements RouteDecision<T> {}

    /**
     * Two things the client said lead to different places.
     *
     * @param claimed the route of the stronger one. Whoever answers with the hint at once tells strangers which databases
     *     and names exist: authenticate for this route first
     * @param hint for the client: holds only what it said itself, and the way out
     */
    record Contradiction<T>(RouteEntry<T> claimed, String hint, String why) implements RouteDecision<T> {}
}

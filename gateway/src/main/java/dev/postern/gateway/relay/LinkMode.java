package dev.postern.gateway.relay;

/**
 * What a link does for a client that shares its servers with others.
 *
 * @param sharesStatements named statements are the client's own, under the gateway's names on the servers
 * @param watchesSession the server does not stay with the client: what a transaction may leave in its session is asked for
 * @param refusesWhatStays what cannot be carried to another server is refused, where a text says so clearly
 */
public record LinkMode(boolean sharesStatements, boolean watchesSession, boolean refusesWhatStays) {
    /** Bytes pass as they are. */
    public static final LinkMode PLAIN = new LinkMode(false, false, false);

    /** The server stays with the client as long as it likes, but it still has statements from a time when it did not. */
    public static final LinkMode TRANSLATING = new LinkMode(true, false, false);

    private static final LinkMode[] SHARED = {
        new LinkMode(false, true, false),
        new LinkMode(false, true, true),
        new LinkMode(true, true, false),
        new LinkMode(true, true, true)
    };

    /** Of transaction mode; allocates nothing. */
    public static LinkMode shared(boolean sharesStatements, boolean refusesWhatStays) {
        return SHARED[(sharesStatements ? 2 : 0) + (refusesWhatStays ? 1 : 0)];
    }
}

package dev.postern.gateway.relay;

/** What a server connection lends to each of its links in turn: its stream, its line of requests, its pool's counters. */
public final class ServerParts {
    private final ServerStream stream = new ServerStream();
    private final InFlight inFlight = new InFlight();
    private final Traffic traffic;

    public ServerParts(Traffic traffic) {
        this.traffic = traffic;
    }

    ServerStream stream() {
        return stream;
    }

    InFlight inFlight() {
        return inFlight;
    }

    Traffic traffic() {
        return traffic;
    }

    /** Releases what is held, at the end of the connection. */
    public void release() {
        stream.release();
    }
}

package dev.postern.gateway.console;

import dev.postern.gateway.frontend.ConsoleDoor;
import io.netty.channel.ChannelHandler;

/** Makes the console's sessions. Safe for use by all event loops. */
public final class Consoles {
    private final Console console;
    private final ConsoleClients clients;

    public Consoles(ConsolePort port, ConsoleClients clients) {
        this.console = new Console(port);
        this.clients = clients;
    }

    /** @param owner it came in as the gateway's own user, and may do everything */
    public ChannelHandler open(ConsoleDoor.Entrant entrant, boolean owner) {
        return new ConsoleHandler(entrant, owner, console, clients);
    }
}

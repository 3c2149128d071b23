package dev.postern.gateway;

import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.gateway.config.AdminConfig;
import dev.postern.gateway.console.ConsoleClients;
import dev.postern.gateway.console.ConsolePort;
import dev.postern.gateway.console.Consoles;
import dev.postern.gateway.frontend.ConsoleDoor;
import dev.postern.gateway.protocol.Refusal;
import io.netty.channel.ChannelHandler;
import java.net.SocketAddress;
import java.util.Optional;

/** Who may use the console, as configured now. */
final class ConsoleEntrance implements ConsoleDoor {
    private final ClientAuthenticator nobody;
    private final Consoles consoles;
    private volatile Access access;

    private record Access(AdminConfig config, Optional<ClientAuthenticator> authenticator) {}

    ConsoleEntrance(AdminConfig config, ClientAuthenticator nobody, ConsolePort port, ConsoleClients clients) {
        this.nobody = nobody;
        this.consoles = new Consoles(port, clients);
        this.access = new Access(config, Optional.empty());
    }

    void configure(AdminConfig config, Optional<ClientAuthenticator> authenticator) {
        access = new Access(config, authenticator);
    }

    @Override
    public Optional<Refusal> refuses(String user, SocketAddress client) {
        Access current = access;
        boolean known = current.config().consoleUsers().contains(user)
                || current.config().statsUsers().contains(user);
        return known && current.authenticator().isPresent()
                ? Optional.empty()
                : Optional.of(new Refusal.AccessDenied(
                        user,
                        DATABASE,
                        "neither in admin.consoleUsers nor in admin.statsUsers, or no admin.clientAuth"));
    }

    @Override
    public ClientAuthenticator authenticator(String user, SocketAddress client) {
        return access.authenticator().orElse(nobody);
    }

    @Override
    public ChannelHandler session(Entrant entrant) {
        return consoles.open(entrant);
    }
}

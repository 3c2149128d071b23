package dev.postern.gateway;

import dev.postern.auth.client.ClientAddress;
import dev.postern.auth.client.ClientAuthenticator;
import dev.postern.auth.client.Exchange;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.PeerAuthenticator;
import dev.postern.gateway.config.AdminConfig;
import dev.postern.gateway.console.ConsoleClients;
import dev.postern.gateway.console.ConsolePort;
import dev.postern.gateway.console.Consoles;
import dev.postern.gateway.frontend.ConsoleDoor;
import dev.postern.gateway.protocol.Refusal;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Who may use the console, as configured now. */
final class ConsoleEntrance implements ConsoleDoor {
    private final ClientAuthenticator nobody;
    private final Consoles consoles;
    private final int ownUid = uid();
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
    public Optional<Refusal> refuses(String user, Channel client) {
        if (isOwner(user, client)) {
            return Optional.empty();
        }
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
    public ClientAuthenticator authenticator(String user, Channel client) {
        return isOwner(user, client)
                ? new OwnerAuthenticator()
                : access.authenticator().orElse(nobody);
    }

    /** PgBouncer's rule: on a unix socket the user {@code pgbouncer} is whoever the gateway itself runs as. */
    private boolean isOwner(String user, Channel client) {
        if (!user.equals(DATABASE) || !(client instanceof EpollDomainSocketChannel socket) || ownUid < 0) {
            return false;
        }
        try {
            return socket.peerCredentials().uid() == ownUid;
        } catch (IOException gone) {
            return false;
        }
    }

    private static int uid() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid ? uid : -1;
        } catch (IOException | UnsupportedOperationException notLinux) {
            return -1;
        }
    }

    /** The operating system has said who it is. */
    private static final class OwnerAuthenticator implements ClientAuthenticator {
        @Override
        public Exchange begin(LoginFacts facts, Executor loop) {
            return new PeerAuthenticator((peer, user) -> true)
                    .begin(
                            new LoginFacts(
                                    facts.route(),
                                    facts.user(),
                                    facts.database(),
                                    new ClientAddress.UnixSocket(DATABASE),
                                    facts.loopback(),
                                    facts.tls(),
                                    facts.tlsServerEndPoint(),
                                    facts.clientCertificate()),
                            loop);
        }
    }

    @Override
    public ChannelHandler session(Entrant entrant) {
        return consoles.open(entrant, isOwner(entrant.user(), entrant.channel()));
    }
}

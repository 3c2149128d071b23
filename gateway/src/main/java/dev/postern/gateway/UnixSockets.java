package dev.postern.gateway;

import dev.postern.gateway.config.SocketMode;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Map;
import java.util.Optional;

/** Listening on a file. */
final class UnixSockets {
    private UnixSockets() {}

    /**
     * Takes the place of a socket that a process left behind which is gone, and of nothing else.
     *
     * @throws StartFailure when somebody listens there, or something else is there
     */
    static ChannelFuture bind(
            ServerBootstrap bootstrap,
            Transport transport,
            String listener,
            Path file,
            SocketMode mode,
            Optional<String> group)
            throws StartFailure {
        if (transport.unixServerChannel().isEmpty()) {
            throw new StartFailure(
                    "cannot listen on " + file + " (listener " + listener + "): unix sockets need Linux");
        }
        clear(listener, file);
        ChannelFuture bound = bootstrap
                .channel(transport.unixServerChannel().get())
                .bind(new DomainSocketAddress(file.toFile()))
                .awaitUninterruptibly();
        if (bound.isSuccess()) {
            try {
                if (group.isPresent()) {
                    setGroup(file, group.get());
                }
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode.symbols()));
            } catch (IOException e) {
                bound.channel().close().awaitUninterruptibly();
                throw new StartFailure("cannot open " + file + " for clients (listener " + listener + "): " + e, e);
            }
        }
        return bound;
    }

    private static void setGroup(Path file, String name) throws IOException {
        try {
            GroupPrincipal group =
                    file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(name);
            Files.getFileAttributeView(file, PosixFileAttributeView.class).setGroup(group);
        } catch (UserPrincipalNotFoundException e) {
            throw new IOException("there is no group " + name, e);
        }
    }

    private static void clear(String listener, Path file) throws StartFailure {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        String where = "cannot listen on " + file + " (listener " + listener + "): ";
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            int socketType = 0140000;
            int typeMask = 0170000;
            if (!(attributes.get("mode") instanceof Integer mode) || (mode & typeMask) != socketType) {
                throw new StartFailure(where + "a file is there that is no socket");
            }
            if (answers(file)) {
                throw new StartFailure(where + "another process listens there");
            }
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new StartFailure(where + e, e);
        }
    }

    private static boolean answers(Path file) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(file));
        } catch (IOException nobody) {
            return false;
        }
    }

    /** The file that is left when nobody listens any more. */
    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The next start clears it away.
        }
    }
}

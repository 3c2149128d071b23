package dev.postern.gateway;

import dev.postern.gateway.frontend.PeerUsers;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** Names of the operating system's users: of {@code /etc/passwd}, then of whatever else {@code getent} knows. */
final class SystemUsers implements PeerUsers {
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final int PATIENCE_SECONDS = 5;

    private final Executor blocking;

    /** @param blocking where files are read and a program may run */
    SystemUsers(Executor blocking) {
        this.blocking = blocking;
    }

    @Override
    public CompletionStage<String> nameOf(Channel client) {
        if (!(client instanceof EpollDomainSocketChannel socket)) {
            return CompletableFuture.completedFuture("");
        }
        int uid;
        try {
            uid = socket.peerCredentials().uid();
        } catch (IOException gone) {
            return CompletableFuture.completedFuture("");
        }
        return CompletableFuture.supplyAsync(() -> name(uid), blocking).exceptionally(error -> "");
    }

    private static String name(int uid) {
        return listed(uid).or(() -> asked(uid)).orElse("");
    }

    private static Optional<String> listed(int uid) {
        try {
            return nameIn(Files.readAllLines(PASSWD, StandardCharsets.ISO_8859_1), uid);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> asked(int uid) {
        try {
            Process getent = new ProcessBuilder("getent", "passwd", Integer.toUnsignedString(uid))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                List<String> lines =
                        getent.inputReader(StandardCharsets.ISO_8859_1).lines().toList();
                return getent.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) ? nameIn(lines, uid) : Optional.empty();
            } finally {
                getent.destroyForcibly();
            }
        } catch (IOException noSuchProgram) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Lines of passwd(5): name, password, uid and more, with colons between. */
    static Optional<String> nameIn(List<String> lines, int uid) {
        String wanted = Integer.toUnsignedString(uid);
        return lines.stream()
                .map(line -> line.split(":", 4))
                .filter(fields -> fields.length == 4 && fields[2].equals(wanted) && !fields[0].isEmpty())
                .map(fields -> fields[0])
                .findFirst();
    }
}

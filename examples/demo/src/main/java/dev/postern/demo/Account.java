package dev.postern.demo;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who runs the PostgreSQL programs. PostgreSQL refuses to run as root, so root hands over to another account.
 *
 * @param prefix words to put in front of a command, none for an ordinary user
 * @param owner who must own the files, empty where they may stay as they are
 */
record Account(List<String> prefix, Optional<UserPrincipal> owner) {
    private static final int ROOT = 0;

    /**
     * The account to use for files below the folder; the folder is given to it.
     *
     * @throws DemoFailure we are root and found no way to stop being it
     */
    static Account choose(Path folder) throws IOException, InterruptedException, DemoFailure {
        if (!Files.getAttribute(folder, "unix:uid").equals(ROOT)) {
            return new Account(List.of(), Optional.empty());
        }
        UserPrincipal root = Files.getOwner(folder);
        for (String name : List.of("postgres", "nobody")) {
            Optional<UserPrincipal> user = lookUp(folder, name);
            if (user.isEmpty()) {
                continue;
            }
            Files.setOwner(folder, user.get());
            // The first is for Linux, the second for everything else.
            for (List<String> prefix : List.of(
                    List.of("runuser", "-u", name, "--"),
                    List.of("su", "-s", "/bin/sh", name, "-c", "exec \"$0\" \"$@\"", "--"))) {
                if (dropsRoot(prefix, folder)) {
                    return new Account(prefix, user);
                }
            }
        }
        // Where changing the user is forbidden, a user namespace may still be allowed: in it we are nobody.
        Files.setOwner(folder, root);
        List<String> namespace = List.of("unshare", "-U", "--");
        if (dropsRoot(namespace, folder)) {
            return new Account(namespace, Optional.empty());
        }
        throw new DemoFailure("PostgreSQL does not run as root, and neither runuser, su nor unshare -U works in "
                + folder.getParent() + ": start the demo as another user");
    }

    List<String> command(List<String> words) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(words);
        return all;
    }

    /** Gives the folder and all in it to the account. */
    void own(Path folder) throws IOException {
        if (owner.isEmpty()) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
                Files.setOwner(dir, owner.get());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.setOwner(file, owner.get());
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static Optional<UserPrincipal> lookUp(Path folder, String name) throws IOException {
        try {
            return Optional.of(
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(name));
        } catch (UserPrincipalNotFoundException absent) {
            return Optional.empty();
        }
    }

    /** Whether a command with the prefix runs as somebody else, who gets at the folder. */
    private static boolean dropsRoot(List<String> prefix, Path folder) throws InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of("sh", "-c", "cd \"$0\" && id -u", folder.toString()));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String uid = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return process.waitFor() == 0 && uid.matches("[1-9][0-9]*");
        } catch (IOException noSuchCommand) {
            return false;
        }
    }
}

package dev.postern.auth.credentials;

import dev.postern.auth.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * User and password from files, for example a mounted Kubernetes Secret. Kubelet swaps a whole mounted folder by one
 * rename of a symlink, so both files are read until two rounds agree: never the user of one version and the password of
 * another. One line end at the end of a file is not part of the value.
 */
final class FileCredentialReader implements CredentialReader {
    private static final int ROUNDS = 5;

    private final String fixedUser;
    private final Optional<Path> userFile;
    private final Path passwordFile;
    private final Duration interval;

    FileCredentialReader(String user, Path passwordFile, Duration interval) {
        this.fixedUser = user;
        this.userFile = Optional.empty();
        this.passwordFile = passwordFile;
        this.interval = interval;
    }

    FileCredentialReader(Path userFile, Path passwordFile, Duration interval) {
        this.fixedUser = "";
        this.userFile = Optional.of(userFile);
        this.passwordFile = passwordFile;
        this.interval = interval;
    }

    @Override
    public Reading read() throws CredentialUnavailable {
        Reading last = readOnce();
        for (int round = 0; round < ROUNDS; round++) {
            Reading again = readOnce();
            if (again.equals(last)) {
                return again;
            }
            last = again;
        }
        throw new CredentialUnavailable("the files change faster than they can be read");
    }

    private Reading readOnce() throws CredentialUnavailable {
        String user = fixedUser;
        if (userFile.isPresent()) {
            try (Secret text = Secret.ofBytes(contents(userFile.get()))) {
                user = text.reveal();
            }
        }
        return new Reading(user, Secret.ofBytes(contents(passwordFile)), interval);
    }

    private static byte[] contents(Path file) throws CredentialUnavailable {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new CredentialUnavailable(file + " does not exist", e);
        } catch (IOException e) {
            throw new CredentialUnavailable(file + " cannot be read: " + e.getMessage(), e);
        }
        int end = LineEnd.before(bytes);
        if (end == 0) {
            throw new CredentialUnavailable(file + " is empty");
        }
        byte[] value = Arrays.copyOf(bytes, end);
        Arrays.fill(bytes, (byte) 0);
        return value;
    }

    @Override
    public String describe() {
        return "file " + passwordFile;
    }
}

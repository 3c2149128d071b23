package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** A token, a JWT or a secret id from where its owner puts it; asked anew at every login. May block. */
public interface SecretText {
    Secret get() throws CredentialUnavailable;

    /** What was given last has been refused: where it is kept, the next call asks for another one. */
    default void refused() {}

    static SecretText of(Secret fixed) {
        return () -> fixed;
    }

    /** White space around the content is not part of it. */
    static SecretText file(Path file) {
        return () -> {
            byte[] bytes;
            try {
                bytes = Files.readAllBytes(file);
            } catch (NoSuchFileException e) {
                throw new CredentialUnavailable(file + " does not exist", e);
            } catch (IOException e) {
                throw new CredentialUnavailable(file + " cannot be read: " + e.getMessage(), e);
            }
            int from = 0;
            int to = bytes.length;
            while (from < to && bytes[from] <= ' ') {
                from++;
            }
            while (to > from && bytes[to - 1] <= ' ') {
                to--;
            }
            if (from == to) {
                throw new CredentialUnavailable(file + " is empty");
            }
            Secret content = Secret.ofBytes(Arrays.copyOfRange(bytes, from, to));
            Arrays.fill(bytes, (byte) 0);
            return content;
        };
    }
}

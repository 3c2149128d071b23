package dev.postern.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Text that should be PEM, and where it is from.
 *
 * @param source for messages
 * @param text may hold a private key: never printed
 */
record PemText(String source, String text) {
    /** No certificate, bundle of CAs or revocation list that serves a handshake is near this; in bytes. */
    private static final long MAX_FILE_SIZE = 16L * 1024 * 1024;

    /** Blocking. */
    static PemText read(Path file) throws UnusableTls {
        String source = file.toString();
        try {
            long size = Files.size(file);
            if (size > MAX_FILE_SIZE) {
                throw new UnusableTls(source, "has " + size + " bytes (expected: at most " + MAX_FILE_SIZE + ")");
            }
            return new PemText(source, new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            throw new UnusableTls(source, "no such file");
        } catch (AccessDeniedException e) {
            throw new UnusableTls(
                    source, "permission denied (expected: readable by user " + System.getProperty("user.name") + ")");
        } catch (IOException e) {
            throw new UnusableTls(
                    source, Files.isDirectory(file) ? "is a directory (expected: a PEM file)" : "cannot be read: " + e);
        }
    }

    @Override
    public String toString() {
        return "PemText[" + source + "]";
    }
}

package dev.postern.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files that are read once, when something is made of them, and whether they still hold what they held then. Blocks. */
final class FilesOnce {
    private final Map<Path, String> contents = new LinkedHashMap<>();

    /** The file is about to be read: what is written while it is read makes it outdated. */
    void reading(Path file) {
        contents.put(file, digest(file));
    }

    boolean areOutdated() {
        return contents.entrySet().stream()
                .anyMatch(seen -> !digest(seen.getKey()).equals(seen.getValue()));
    }

    private static String digest(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            return "unreadable";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }
}

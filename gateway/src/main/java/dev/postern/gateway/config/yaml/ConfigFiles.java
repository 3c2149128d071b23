package dev.postern.gateway.config.yaml;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The files that a configuration names.
 *
 * @param folder what a relative path starts at: that of the configuration file
 * @param check whether a file that does not exist or cannot be read is a problem
 */
public record ConfigFiles(Path folder, boolean check) {
    /** Completes "expected: ...". */
    public String expected() {
        return "a file that can be read; a relative path starts at " + folder.toAbsolutePath();
    }

    /**
     * The path of a text.
     *
     * @throws IllegalArgumentException whose message goes on from the text
     */
    public Path resolve(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("is no path");
        }
        Path file;
        try {
            file = folder.resolve(text).normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("is no path", e);
        }
        if (check) {
            requireReadable(file);
        }
        return file;
    }

    /**
     * The path of a folder.
     *
     * @throws IllegalArgumentException whose message goes on from the text
     */
    public Path resolveFolder(String text) {
        Path path = new ConfigFiles(folder, false).resolve(text);
        if (check && !Files.isDirectory(path)) {
            throw new IllegalArgumentException(Files.exists(path) ? "is a file, not a folder" : "does not exist");
        }
        return path;
    }

    private static void requireReadable(Path file) {
        if (!Files.exists(file)) {
            throw new IllegalArgumentException("does not exist");
        }
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException("is a folder, not a file");
        }
        if (!Files.isReadable(file)) {
            throw new IllegalArgumentException("cannot be read by this process");
        }
    }
}

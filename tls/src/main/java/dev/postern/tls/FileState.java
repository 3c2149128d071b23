package dev.postern.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;

/**
 * What is known of a file at one moment. Two states are of the same content where their {@link #content} is equal: the
 * rest only saves reading it again.
 *
 * @param content SHA-256 of the bytes, or why there are none
 * @param stat where the links lead, when and how long; empty where it must be read again
 */
record FileState(String content, String stat) {
    /** Two writes within the clock's grain look alike: a file is read until it has been left alone for this long. */
    private static final Duration GRAIN = Duration.ofSeconds(3);

    static final FileState UNKNOWN = new FileState("", "");

    /** Blocking; follows symbolic links, which is how Kubernetes swaps a mounted Secret. */
    static FileState of(Path file, FileState before) {
        try {
            Path real = file.toRealPath();
            BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
            FileTime modified = attributes.lastModifiedTime();
            String stat = real + "|" + modified + "|" + attributes.size() + "|" + attributes.fileKey();
            if (stat.equals(before.stat)) {
                return before;
            }
            String content = HexFormat.of().formatHex(CertificateStatus.sha256(Files.readAllBytes(real)));
            boolean settled = modified.toInstant().isBefore(Instant.now().minus(GRAIN));
            return new FileState(content, settled ? stat : "");
        } catch (NoSuchFileException e) {
            return new FileState("missing", "");
        } catch (IOException e) {
            return new FileState("unreadable: " + e.getClass().getSimpleName(), "");
        }
    }

    boolean sameContent(FileState other) {
        return content.equals(other.content);
    }
}

package dev.postern.gateway.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Folders below {@code target/it}, gone when the JVM ends. */
public final class TemporaryFolders {
    private static final Path ROOT = Path.of("target", "it").toAbsolutePath();

    private TemporaryFolders() {}

    /** A new empty folder. */
    public static Path create(String prefix) {
        try {
            Files.createDirectories(ROOT);
            Path folder = Files.createTempDirectory(ROOT, prefix + "-");
            AtExit.run(() -> deleteAll(folder));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes what can be deleted; a file that a dying server has just removed is no error. */
    public static void deleteAll(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.sorted(Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // Left for the next `mvn clean`.
        }
    }
}

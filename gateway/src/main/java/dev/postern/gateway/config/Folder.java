package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.ConfigFiles;
import java.nio.file.Path;

/**
 * A folder, such as the one that a Kubernetes Secret is mounted at.
 *
 * @param path as the loader resolved it
 */
public record Folder(Path path) {
    static Folder parse(String text, ConfigFiles files) {
        return new Folder(files.resolveFolder(text));
    }

    static String expected(ConfigFiles files) {
        return "a folder that can be read; a relative path starts at "
                + files.folder().toAbsolutePath();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}

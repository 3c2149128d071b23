package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.yaml.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A configuration file of ours, as a process reads it again and again. Blocks; used by one thread at a time. */
class ConfigSource {
    private final Path file;
    private byte[] applied = new byte[0];

    ConfigSource(Path file) {
        this.file = file;
    }

    /** Reads the file as it is now. */
    ConfigResult load() {
        applied = content(); // a wrong file is reported once, not with each look at it
        return new ConfigLoader(System.getenv()).load(file);
    }

    /** What was read last. */
    byte[] applied() {
        return applied;
    }

    void applied(byte[] text) {
        applied = text;
    }

    /** What was read last, with these keys on top: {@code pool.defaultPoolSize} and the like, with values in YAML. */
    ConfigResult with(Map<String, String> overrides) {
        return new ConfigLoader(System.getenv())
                .withOverrides(overrides)
                .parse(new String(applied, StandardCharsets.UTF_8), file.toString());
    }

    /** Whether it has changed since it was read. */
    boolean isChanged() {
        return !Arrays.equals(applied, content());
    }

    /** What was read last while the file cannot be read: a moment between two versions of it. */
    byte[] content() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return applied;
        }
    }

    Path file() {
        return file;
    }

    static String first(List<Problem> problems) {
        return problems.isEmpty() ? "" : problems.getFirst().toString();
    }
}

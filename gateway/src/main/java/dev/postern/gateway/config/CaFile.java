package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.ConfigFiles;
import java.nio.file.Path;

/**
 * The authorities a server's certificate is checked against.
 *
 * @param path a PEM bundle, or the word {@code system}: the authorities that the JDK trusts (libpq: sslrootcert=system)
 */
public record CaFile(Path path) {
    /** Every public authority, which is why only verify-full goes with it. */
    public static final CaFile SYSTEM = new CaFile(Path.of("system"));

    static CaFile parse(String text, ConfigFiles files) {
        return text.equals("system") ? SYSTEM : new CaFile(files.resolve(text));
    }

    public boolean isSystem() {
        return equals(SYSTEM);
    }

    static String expected(ConfigFiles files) {
        return files.expected() + ", or system";
    }
}

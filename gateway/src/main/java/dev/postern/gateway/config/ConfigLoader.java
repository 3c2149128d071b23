package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.ConfigFiles;
import dev.postern.gateway.config.yaml.Overrides;
import dev.postern.gateway.config.yaml.Problem;
import dev.postern.gateway.config.yaml.Problems;
import dev.postern.gateway.config.yaml.RecordBinder;
import dev.postern.gateway.config.yaml.RemovedKeys;
import dev.postern.gateway.config.yaml.ScalarType;
import dev.postern.gateway.config.yaml.ScalarTypes;
import dev.postern.gateway.config.yaml.YamlText;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a configuration: text to nodes, nodes to records, then the rules between records. Never throws for what a file
 * holds. Reads files, so it belongs on a thread that may block; otherwise it is immutable and safe to share.
 */
public final class ConfigLoader {
    private static final RemovedKeys REMOVED = new RemovedKeys();

    private final Map<String, String> environment;
    private final boolean checkFiles;
    private final Map<String, String> overrides;

    /** With the environment that {@code ${NAME}} reads. */
    public ConfigLoader(Map<String, String> environment) {
        this(environment, true, Map.of());
    }

    private ConfigLoader(Map<String, String> environment, boolean checkFiles, Map<String, String> overrides) {
        this.environment = Map.copyOf(environment);
        this.checkFiles = checkFiles;
        this.overrides = Map.copyOf(overrides);
    }

    /** With these keys as if they stood in the file: {@code pool.defaultPoolSize} and the like, values in YAML. */
    public ConfigLoader withOverrides(Map<String, String> values) {
        return new ConfigLoader(environment, checkFiles, values);
    }

    /** For a machine that does not have the files which the configuration names. */
    public ConfigLoader withoutFileChecks() {
        return new ConfigLoader(environment, false, overrides);
    }

    /** Reads a file; one that cannot be read is a problem like any other. */
    public ConfigResult load(Path file) {
        if (Files.isDirectory(file)) {
            return unreadable(file, "is a folder, not a file");
        }
        try {
            return parse(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            return unreadable(file, "the file does not exist");
        } catch (CharacterCodingException e) {
            return unreadable(file, "the file is not UTF-8 text");
        } catch (IOException e) {
            return unreadable(file, "the file cannot be read: " + e.getMessage());
        }
    }

    /**
     * Reads a text.
     *
     * @param fileName named in problems; relative paths in the text are relative to its folder
     */
    public ConfigResult parse(String text, String fileName) {
        Problems problems = new Problems(fileName);
        Optional<Node> root = YamlText.parse(text, problems);
        if (root.isEmpty()) {
            return new ConfigResult.Rejected(problems.sorted());
        }
        overrides.forEach((path, value) -> Overrides.put(root.get(), path, value, problems));
        Path folder = Optional.ofNullable(Path.of(fileName).getParent()).orElse(Path.of(""));
        ConfigFiles files = new ConfigFiles(folder, checkFiles);
        ScalarTypes scalars = new ScalarTypes(files, scalarTypes(files));
        GatewayConfig config = new RecordBinder(problems, ConfigDefaults.ALL, scalars, REMOVED, environment)
                .bind(root.get(), GatewayConfig.class);
        new ConfigRules(config, problems).check();
        if (checkFiles) {
            UserListFiles.check(config, problems);
        }
        return problems.isEmpty() ? new ConfigResult.Loaded(config) : new ConfigResult.Rejected(problems.sorted());
    }

    private static List<ScalarType<?>> scalarTypes(ConfigFiles files) {
        return List.of(
                new ScalarType<>(
                        CaFile.class, CaFile.expected(files), text -> CaFile.parse(text, files), CaFile.SYSTEM),
                new ScalarType<>(
                        Folder.class,
                        Folder.expected(files),
                        text -> Folder.parse(text, files),
                        new Folder(Path.of(""))),
                new ScalarType<>(
                        ListenAddress.class,
                        ListenAddress.EXPECTED,
                        ListenAddress::parse,
                        new ListenAddress("localhost", 0)),
                new ScalarType<>(
                        BackendHost.class, BackendHost.EXPECTED, BackendHost::parse, new BackendHost("localhost", 1)),
                new ScalarType<>(Cidr.class, Cidr.EXPECTED, Cidr::parse, Cidr.parse("127.0.0.1")),
                new ScalarType<>(SocketMode.class, SocketMode.EXPECTED, SocketMode::parse, SocketMode.EVERYBODY),
                new ScalarType<>(ByteSize.class, ByteSize.EXPECTED, ByteSize::parse, new ByteSize(0)),
                new ScalarType<>(URI.class, HttpAddress.EXPECTED, HttpAddress::parse, URI.create("http://localhost")));
    }

    private static ConfigResult unreadable(Path file, String what) {
        return new ConfigResult.Rejected(List.of(new Problem(file.toString(), 0, 0, "", what, "")));
    }
}

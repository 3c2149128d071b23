package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.sidecar.SidecarConfig;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The environment as a configuration. It does not change while the process lives; the files that it names may. */
final class SidecarSource extends ConfigSource {
    private static final Logger log = LoggerFactory.getLogger(SidecarSource.class);

    private final Map<String, String> environment;
    private final SidecarConfig config;

    SidecarSource(Map<String, String> environment) {
        super(Path.of("environment"));
        this.environment = environment;
        this.config = SidecarConfig.of(environment);
    }

    /** The same as a file. */
    String yaml() {
        return config.yaml();
    }

    @Override
    ConfigResult load() {
        for (String note : config.notes()) {
            log.atWarn().addKeyValue(LogKeys.DETAIL, note).log("sidecar_variable");
        }
        return with(Map.of());
    }

    @Override
    ConfigResult with(Map<String, String> overrides) {
        return config.load(new ConfigLoader(environment).withOverrides(overrides));
    }

    @Override
    boolean isChanged() {
        return false;
    }
}

package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.pgbouncer.Conversion;
import dev.postern.gateway.pgbouncer.IniConverter;
import dev.postern.gateway.pgbouncer.IniFile;
import dev.postern.gateway.protocol.LogKeys;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PgBouncer's ini file as a process reads it again and again; what is different here is logged, a line each. */
final class IniSource extends ConfigSource {
    private static final Logger log = LoggerFactory.getLogger(IniSource.class);

    private String yaml = "";

    IniSource(Path file) {
        super(file);
    }

    @Override
    ConfigResult load() {
        applied(content());
        Conversion conversion = IniConverter.convert(file(), System.getenv());
        for (IniFile.Note note : conversion.notes()) {
            log.atWarn().addKeyValue(LogKeys.DETAIL, note.toString()).log("pgbouncer_ini");
        }
        yaml = conversion.yaml();
        return with(Map.of());
    }

    /** Problems are those of the converted file: its name says so. */
    @Override
    ConfigResult with(Map<String, String> overrides) {
        return new ConfigLoader(System.getenv()).withOverrides(overrides).parse(yaml, file() + " (converted)");
    }
}

package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.pgbouncer.Conversion;
import dev.postern.gateway.pgbouncer.IniConverter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code postern convert}: PgBouncer's ini file as one of ours, with comments on what is different. */
@Command(
        name = "convert",
        description =
                "Prints the configuration that PgBouncer's ini file becomes. Holds passwords where that has them.")
final class ConvertCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "PgBouncer's ini file.")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        Conversion conversion = IniConverter.convert(file, System.getenv());
        System.out.print(conversion.commented());
        return switch (new ConfigLoader(System.getenv()).parse(conversion.yaml(), file + " (converted)")) {
            case ConfigResult.Loaded ignored -> 0;
            case ConfigResult.Rejected rejected -> {
                System.err.println(rejected.render());
                yield 2;
            }
        };
    }
}

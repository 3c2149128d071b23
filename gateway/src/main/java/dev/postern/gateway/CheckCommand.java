package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code postern check}: every problem of a configuration, one a line. */
@Command(
        name = "check",
        description = "Checks a configuration: prints every problem as file:line:column, exits with 2.")
final class CheckCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration.")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        return switch (new ConfigLoader(System.getenv()).load(file)) {
            case ConfigResult.Loaded ignored -> {
                System.out.println(file + ": ok");
                yield 0;
            }
            case ConfigResult.Rejected rejected -> {
                System.err.println(rejected.render());
                yield 2;
            }
        };
    }
}

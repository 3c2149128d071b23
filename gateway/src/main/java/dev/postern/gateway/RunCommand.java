package dev.postern.gateway;

import dev.postern.gateway.config.ConfigResult;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code postern run}: the gateway, until a signal ends it. */
@Command(name = "run", description = "Runs the gateway. SIGHUP reloads, SIGTERM drains, a second SIGTERM ends at once.")
final class RunCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration; read again when it changes and on SIGHUP.")
    private Path file = Path.of("");

    @Override
    public Integer call() throws InterruptedException {
        ConfigSource source = new ConfigSource(file);
        return switch (source.load()) {
            case ConfigResult.Rejected rejected -> {
                System.err.println(rejected.render());
                yield 2;
            }
            case ConfigResult.Loaded(var config) -> {
                try {
                    yield new GatewayProcess(source, Gateway.start(config)).runUntilSignal();
                } catch (StartFailure e) {
                    System.err.println("postern: " + e.getMessage());
                    yield 1;
                }
            }
        };
    }
}

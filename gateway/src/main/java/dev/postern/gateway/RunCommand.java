package dev.postern.gateway;

import dev.postern.gateway.config.ConfigResult;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code postern run}: the gateway, until a signal ends it. */
@Command(name = "run", description = "Runs the gateway. SIGHUP reloads, SIGTERM drains, a second SIGTERM ends at once.")
final class RunCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private File file = new File();

    /** One of them. */
    static final class File {
        @Option(
                names = {"-c", "--config"},
                paramLabel = "FILE",
                description = "The configuration; read again when it changes and on SIGHUP.")
        private Optional<Path> config = Optional.empty();

        @Option(
                names = "--pgbouncer-ini",
                paramLabel = "FILE",
                description = "PgBouncer's ini file instead; what is different here is logged.")
        private Optional<Path> ini = Optional.empty();

        ConfigSource source() {
            return ini.<ConfigSource>map(IniSource::new).orElseGet(() -> new ConfigSource(config.orElseThrow()));
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        return run(file.source());
    }

    /** Runs what the source says; the exit status. */
    static int run(ConfigSource source) throws InterruptedException {
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

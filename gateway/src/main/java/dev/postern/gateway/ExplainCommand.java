package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code postern explain}: where a client would go, and why; nothing is connected to. */
@Command(
        name = "explain",
        description = "Tells which route a client takes and why: exits with 0, or with 1 when it is let in nowhere.")
final class ExplainCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration.")
    private Path file = Path.of("");

    @Parameters(paramLabel = "DATABASE", description = "The database that the client asks for.")
    private String database = "";

    @Option(names = "--server-name", paramLabel = "NAME", description = "The TLS server name that it connects to.")
    private Optional<String> serverName = Optional.empty();

    @Option(
            names = "--route",
            paramLabel = "NAME",
            description = "The route that it names: options=-cpostern.route=NAME.")
    private Optional<String> route = Optional.empty();

    @Option(names = "--user", paramLabel = "NAME", description = "The user that it logs in as.")
    private Optional<String> user = Optional.empty();

    @Override
    public Integer call() {
        return switch (new ConfigLoader(System.getenv()).load(file)) {
            case ConfigResult.Rejected rejected -> {
                System.err.println(rejected.render());
                yield 2;
            }
            case ConfigResult.Loaded(var config) -> {
                Explanation explanation = Explanation.of(config, database, serverName, route, user);
                System.out.print(explanation.text());
                yield explanation.admitted() ? 0 : 1;
            }
        };
    }
}

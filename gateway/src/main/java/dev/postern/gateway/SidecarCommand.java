package dev.postern.gateway;

import dev.postern.gateway.config.ConfigResult;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code postern sidecar}: the gateway beside one application, configured by the environment alone. */
@Command(
        name = "sidecar",
        description = "Runs the gateway beside one application, configured by environment variables alone.",
        footer = {
            "",
            "DB_HOST, DB_NAME, VAULT_ADDR and VAULT_PATH have to be set, or RDS_HOST; docs/sidecar.md has them all.",
            "Exit status 2: a variable is missing or wrong, which is named."
        })
final class SidecarCommand implements Callable<Integer> {
    @Option(
            names = "--print",
            description = "Prints the configuration that the environment is, as a file for postern run, and ends.")
    private boolean print;

    @Override
    public Integer call() throws InterruptedException {
        SidecarSource source = new SidecarSource(System.getenv());
        if (!print) {
            return RunCommand.run(source);
        }
        return switch (source.load()) {
            case ConfigResult.Rejected rejected -> {
                System.err.println(rejected.render());
                yield 2;
            }
            case ConfigResult.Loaded ignored -> {
                System.out.print(source.yaml());
                yield 0;
            }
        };
    }
}

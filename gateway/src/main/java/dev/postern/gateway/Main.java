package dev.postern.gateway;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit status: 0 done, 1 failed, 2 wrong usage or configuration. */
@Command(
        name = "postern",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "A Postgres ingress gateway: one TLS endpoint, many databases.",
        subcommands = {
            RunCommand.class,
            SidecarCommand.class,
            CheckCommand.class,
            ConvertCommand.class,
            ExplainCommand.class,
            PingCommand.class,
            VersionCommand.class
        })
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command line without the exit, for tests and the demo. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main());
    }
}

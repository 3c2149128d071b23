package dev.postern.demo;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code postern demo}; it runs until a signal ends it. */
@Command(
        name = "postern demo",
        sortOptions = false,
        description = "Starts two embedded PostgreSQL servers with three tenants' databases and the gateway in front of"
                + " them, with TLS, on this machine. Ctrl-C ends all of it.")
public final class Demo implements Callable<Integer> {
    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "6432",
            description = "port on 127.0.0.1, default ${DEFAULT-VALUE}")
    private int port;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            description = "port of the status page on 127.0.0.1, default: the one after --port")
    private @Nullable Integer adminPort;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "where env, postern.yaml and certificates are written, default target/demo of the checkout")
    private @Nullable Path folder;

    @Option(
            names = "--quiet",
            description = "print nothing unless something is wrong; DIR/env appears when it is ready")
    private boolean quiet;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this and exit")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    private Demo() {}

    /** Started by the launcher. */
    public static void main(String[] arguments) {
        int code = new CommandLine(new Demo())
                .setExecutionExceptionHandler((failure, _, _) -> {
                    String why = failure instanceof DemoFailure ? failure.getMessage() : failure.toString();
                    System.err.println("postern demo: " + why);
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments);
        System.exit(code);
    }

    @Override
    public Integer call() throws Exception {
        Closing closing = new Closing();
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("demo-end").unstarted(closing::close));
        Path home = Path.of(System.getProperty("postern.home", ""));
        DemoOptions options = new DemoOptions(
                port, adminPort == null ? port + 1 : adminPort, folder == null ? home.resolve("target/demo") : folder);
        say("Starting two PostgreSQL servers and the gateway ...\n");
        say(new DemoRun(options, closing).start());
        new CountDownLatch(1).await();
        return CommandLine.ExitCode.OK;
    }

    private void say(String text) {
        if (!quiet) {
            System.out.print(text);
            System.out.flush();
        }
    }
}

package dev.postern.gateway;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.GatewayConfig;
import dev.postern.gateway.config.ListenAddress;
import dev.postern.gateway.config.ListenerConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code postern ping}: whether a gateway answers, for probes in places without psql. */
@Command(
        name = "ping",
        description = "Asks a gateway whether it is alive: exits with 0 or 1.",
        footer = {
            "",
            "A listener is asked by the first packet of a TLS connection, the admin server by GET /healthz.",
            "With --config, the admin server of that configuration, or its first listener."
        })
final class PingCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "0..1", paramLabel = "HOST:PORT", description = "A listener.")
    private Optional<String> listener = Optional.empty();

    @Option(names = "--admin", paramLabel = "URL", description = "An admin server, such as http://127.0.0.1:9090.")
    private Optional<URI> admin = Optional.empty();

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "The configuration of a gateway on this machine.")
    private Optional<Path> config = Optional.empty();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "3",
            description = "How long the answer may take. Default: ${DEFAULT-VALUE}.")
    private double seconds = 3;

    @Override
    public Integer call() {
        if (Stream.of(listener, admin, config).filter(Optional::isPresent).count() != 1) {
            throw new ParameterException(spec.commandLine(), "expected one of HOST:PORT, --admin and --config");
        }
        if (!(seconds > 0 && seconds <= 3600)) {
            throw new ParameterException(spec.commandLine(), "--timeout " + seconds + " (expected: 0.001 to 3600)");
        }
        Ping ping = new Ping(Duration.ofMillis(Math.max(1, Math.round(seconds * 1000))));
        try {
            String answer = ask(ping);
            System.out.println(answer);
            return 0;
        } catch (IOException e) {
            System.err.println("postern: " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private String ask(Ping ping) throws IOException, InterruptedException {
        if (admin.isPresent()) {
            return ping.admin(admin.get());
        }
        if (listener.isPresent()) {
            return ping.listener(parsed(listener.get()));
        }
        return configured(ping, config.orElseThrow());
    }

    private ListenAddress parsed(String text) {
        try {
            return ListenAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), text + " " + e.getMessage() + " (expected: HOST:PORT)", e);
        }
    }

    private String configured(Ping ping, Path file) throws IOException, InterruptedException {
        return switch (new ConfigLoader(System.getenv()).load(file)) {
            case ConfigResult.Rejected(var problems) ->
                throw new ParameterException(
                        spec.commandLine(), file + ": " + problems.size() + " problems; postern check shows them");
            case ConfigResult.Loaded(GatewayConfig loaded) ->
                loaded.admin().address().isPresent()
                        ? ping.admin(loaded.admin().address().get())
                        : ping.listener(loaded.listeners().stream()
                                .map(ListenerConfig::address)
                                .filter(address -> address.socket().isEmpty())
                                .findFirst()
                                .orElseThrow(
                                        () -> new IOException("there is no listener on TCP, and no admin.address")));
        };
    }
}

package dev.postern.gateway.it.harness;

import java.io.File;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** {@code postern} as a process of its own. Its log goes to a file. */
public final class RunningPostern implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process process;
    private final Path log;

    private RunningPostern(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Returns when it accepts clients.
     *
     * @param last the listener that it opens last
     */
    public static RunningPostern start(SocketAddress last, String... arguments) throws IOException {
        return start(last, Map.of(), arguments);
    }

    /**
     * Returns when it accepts clients.
     *
     * @param environment besides that of this process
     */
    public static RunningPostern start(SocketAddress last, Map<String, String> environment, String... arguments)
            throws IOException {
        return launch(environment, arguments).awaitListener(last);
    }

    /**
     * By {@code ./postern}, so with the JVM options of production, which the other ways here do not have: for measurements.
     * Needs the jar of the build, which is there in the phase of integration tests. Returns when it accepts clients.
     *
     * @param last the listener that it opens last
     */
    public static RunningPostern startByLauncher(SocketAddress last, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of("..", "postern").toAbsolutePath().normalize().toString()));
        command.addAll(List.of(arguments));
        return launch(Map.of("POSTERN_JAVA", System.getProperty("java.home"), "POSTERN_BUILD", "never"), command)
                .awaitListener(last);
    }

    private RunningPostern awaitListener(SocketAddress last) {
        Awaitility.await("postern starts").atMost(PATIENCE).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("postern ended: " + log());
            }
            return accepts(last);
        });
        return this;
    }

    /** Returns as soon as the process runs: for those that refuse to serve. */
    public static RunningPostern launch(String... arguments) throws IOException {
        return launch(Map.of(), arguments);
    }

    /**
     * Returns as soon as the process runs.
     *
     * @param environment besides that of this process
     */
    public static RunningPostern launch(Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "dev.postern.gateway.Main"));
        command.addAll(List.of(arguments));
        return launch(environment, command);
    }

    private static RunningPostern launch(Map<String, String> environment, List<String> command) throws IOException {
        Path log = Files.createTempFile(TemporaryFolders.create("postern-process"), "log", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        AtExit.run(process::destroyForcibly);
        return new RunningPostern(process, log);
    }

    /** Without the tests' own classes and resources: their settings of the log would be in force otherwise. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean accepts(SocketAddress address) {
        try (SocketChannel probe = SocketChannel.open(
                address instanceof UnixDomainSocketAddress
                        ? StandardProtocolFamily.UNIX
                        : StandardProtocolFamily.INET)) {
            return probe.connect(address);
        } catch (IOException notYet) {
            return false;
        }
    }

    public String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** For example {@code HUP}. */
    public void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    /** Of the objects that something still refers to: all others are collected before. */
    public Path heapDump() throws IOException, InterruptedException {
        Path file = log.resolveSibling("heap.hprof");
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(process.pid()),
                        "GC.heap_dump",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0 || !Files.exists(file)) {
            throw new IllegalStateException("no heap dump: " + said);
        }
        return file;
    }

    /** The exit status. */
    public int awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("postern does not end: " + log());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.postern.demo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code ./postern demo} as a user starts it, on free ports and with a temporary folder that can be looked into. */
final class DemoProcess implements AutoCloseable {
    private static final Path CHECKOUT = Path.of("../..").toAbsolutePath().normalize();
    private static final Duration READY_WITHIN = Duration.ofSeconds(90);
    private static final Pattern EXPORT = Pattern.compile("export (PG[A-Z]+)=(.*)");
    private static final Pattern BACKEND = Pattern.compile("hosts: \\[\"127\\.0\\.0\\.1:([0-9]+)\"]");

    private final Process process;
    private final Path folder;
    private final Path temporary;
    private final int port;

    private DemoProcess(Process process, Path folder, Path temporary, int port) {
        this.process = process;
        this.folder = folder;
        this.temporary = temporary;
        this.port = port;
    }

    static DemoProcess start(Path folder, String... moreOptions) throws IOException {
        return start(freePort(), folder, moreOptions);
    }

    /** @param folder of the test; open to the account that PostgreSQL runs as when the test is root */
    static DemoProcess start(int port, Path folder, String... moreOptions) throws IOException {
        Path temporary = Files.createDirectories(folder.resolve("temporary"));
        for (Path path : List.of(folder, temporary)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        List<String> words = new ArrayList<>(List.of(
                CHECKOUT.resolve("postern").toString(),
                "demo",
                "--port=" + port,
                "--admin-port=" + freePort(),
                "--dir=" + folder.resolve("demo")));
        words.addAll(List.of(moreOptions));
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("stdout").toFile())
                .redirectError(folder.resolve("stderr").toFile());
        // Maven builds: this is a part of it.
        builder.environment().put("POSTERN_BUILD", "never");
        builder.environment().put("POSTERN_JAVA", System.getProperty("java.home"));
        builder.environment().put("POSTERN_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
        return new DemoProcess(builder.start(), folder, temporary, port);
    }

    /** Waits for the file {@code env}, which says that clients can connect. */
    DemoProcess ready() throws Exception {
        long end = System.nanoTime() + READY_WITHIN.toNanos();
        while (!Files.exists(folder.resolve("demo/env"))) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new AssertionError("the demo is not ready: " + stdout() + stderr());
            }
            Thread.sleep(50);
        }
        return this;
    }

    int port() {
        return port;
    }

    String stdout() throws IOException {
        return Files.readString(folder.resolve("stdout"));
    }

    String stderr() throws IOException {
        return Files.readString(folder.resolve("stderr"));
    }

    /** The variables of the file {@code env}. */
    Map<String, String> env() throws IOException {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String line : Files.readAllLines(folder.resolve("demo/env"))) {
            Matcher export = EXPORT.matcher(line);
            if (!export.matches()) {
                throw new AssertionError("not an export: " + line);
            }
            variables.put(export.group(1), export.group(2));
        }
        return variables;
    }

    /** What a program says when it runs with {@link #env()}; fails unless it ends well within a minute. */
    String run(String... words) throws Exception {
        Path output = Files.createTempFile(folder, "output-", ".txt");
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(env());
        Process program = builder.start();
        if (!program.waitFor(60, TimeUnit.SECONDS)) {
            program.destroyForcibly();
            throw new AssertionError(List.of(words) + " does not end");
        }
        String said = Files.readString(output);
        if (program.exitValue() != 0) {
            throw new AssertionError(List.of(words) + " ended with " + program.exitValue() + ": " + said + stderr());
        }
        return said;
    }

    List<Integer> serverPorts() throws IOException {
        return BACKEND.matcher(Files.readString(folder.resolve("demo/postern.yaml")))
                .results()
                .map(found -> Integer.valueOf(found.group(1)))
                .distinct()
                .toList();
    }

    /** A signal by its name, without SIG. */
    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    int exitCode() throws Exception {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the demo does not end: " + stderr());
        }
        return process.exitValue();
    }

    /** Folders of servers that are still there. */
    List<Path> leftovers() throws IOException {
        try (Stream<Path> paths = Files.list(temporary)) {
            return paths.filter(path -> path.getFileName().toString().startsWith("postern-demo-"))
                    .toList();
        }
    }

    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 2000);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() throws Exception {
        if (process.isAlive()) {
            signal("TERM");
            exitCode();
        }
    }

    static boolean has(String program) {
        try {
            // Asked for its version: Debian's wrapper of a program may be there without the program.
            Process version = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .start();
            String ignored = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return version.waitFor() == 0 && !ignored.isEmpty();
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

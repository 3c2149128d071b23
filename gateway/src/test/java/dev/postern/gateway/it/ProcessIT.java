package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.RunningPostern;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** {@code postern run} as a process: its signals, its file while it changes, and what it says when it cannot start. */
class ProcessIT {
    private final GatewayYaml yaml = GatewayYaml.of(RouteYaml.to(PostgresServers.shared(), "orders", "orders"));
    private final RouteYaml billing = RouteYaml.to(PostgresServers.shared(), "billing", "billing");
    private final Path file = TemporaryFolders.create("process").resolve("postern.yaml");

    private RunningPostern run() throws IOException {
        Files.writeString(file, yaml.text());
        return RunningPostern.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), yaml.plainPort()),
                "run",
                "--config",
                file.toString());
    }

    private WireClient connect(String database) {
        return WireClient.connect(new ServerAddress(
                yaml.tlsPort(), Optional.of(Certificates.shared().clientContext()), "app", "app-secret", database));
    }

    private boolean serves(String database) {
        try (WireClient client = connect(database)) {
            return client.ask("select current_database()").equals(database);
        } catch (WireClient.LoginRefused notThere) {
            return false;
        }
    }

    private void awaitService(String database) {
        Awaitility.await(database + " is served").until(() -> serves(database));
    }

    /** What it printed and its exit status, of one that does not start. */
    private String failure(String text, int status) throws Exception {
        Files.writeString(file, text);
        try (RunningPostern postern = RunningPostern.launch("run", "--config", file.toString())) {
            assertThat(postern.awaitEnd()).as(postern.log()).isEqualTo(status);
            return postern.log();
        }
    }

    @Test
    void readsItsFileAgainAtSighup() throws Exception {
        try (RunningPostern postern = run();
                WireClient open = connect("orders")) {
            open.query("begin");
            assertThat(serves("billing")).isFalse();
            // In place, as an editor does that keeps the inode: the watch may see it too, and the signal has to do
            // anyway.
            Files.writeString(file, yaml.withRoute(billing).text());
            postern.signal("HUP");
            awaitService("billing");
            assertThat(open.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(postern.log()).contains("reload cause=SIGHUP");
        }
    }

    @Test
    void readsItsFileAgainWhenItChanges() throws Exception {
        try (RunningPostern ignored = run()) {
            Path next = file.resolveSibling("postern.yaml.new");
            Files.writeString(next, yaml.withRoute(billing).text());
            Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            awaitService("billing");
        }
    }

    @Test
    void keepsWhatItHasWhenTheFileIsWrong() throws Exception {
        try (RunningPostern postern = run()) {
            Files.writeString(file, yaml.withRoute(billing).text().replace("clientAuth:", "clientAuht:"));
            postern.signal("HUP");
            Awaitility.await("the refusal is logged").until(() -> postern.log().contains("clientAuht"));
            assertThat(serves("orders")).isTrue();
            assertThat(serves("billing")).isFalse();
        }
    }

    @Test
    void drainsAtSigterm() throws Exception {
        try (RunningPostern postern = run();
                WireClient idle = connect("orders");
                WireClient busy = connect("orders")) {
            busy.query("begin");
            postern.signal("TERM");
            assertThat(idle.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 57P01)");
            assertThat(busy.query("select 1")).endsWith("Z(T)");
            busy.send(FrontendBytes.query("commit"));
            assertThat(busy.receiveUntilClosed())
                    .map(WireMessage::toString)
                    .startsWith("C(COMMIT)")
                    .endsWith("E(FATAL 57P01)");
            assertThat(postern.awaitEnd()).isIn(0, 143);
        }
    }

    @Test
    void endsAtOnceAtASecondSigterm() throws Exception {
        try (RunningPostern postern = run();
                WireClient idle = connect("orders");
                WireClient busy = connect("orders")) {
            busy.query("begin");
            postern.signal("TERM");
            idle.receiveUntilClosed();
            long start = System.nanoTime();
            postern.signal("TERM");
            postern.awaitEnd();
            assertThat(java.time.Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(java.time.Duration.ofSeconds(5));
        }
    }

    @Test
    void namesEveryMistakeOfItsFileAndExitsWith2() throws Exception {
        String text = yaml.text()
                .replace("mode: verify-full", "mode: verify-everything")
                .replace("pool: {mode: transaction}", "pool: {mode: statement, defaultPoolSize: -1}")
                .replace("clientAuth:", "clientAuht:")
                .replace("timeouts: {drainDelay: 0s}", "timeouts: {drainDelay: soon}");
        List<String> lines = failure(text, 2)
                .lines()
                .filter(line -> line.startsWith(file + ":"))
                .toList();
        assertThat(lines)
                .allMatch(line -> line.substring(file.toString().length()).matches(":\\d+:\\d+.*"))
                .hasSizeGreaterThanOrEqualTo(5);
        for (String mistake : List.of("verify-everything", "statement", "defaultPoolSize", "clientAuht", "soon")) {
            assertThat(lines).as(mistake).anyMatch(line -> line.contains(mistake));
        }
    }

    @Test
    void namesThePortThatIsInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(yaml.tlsPort(), 1, InetAddress.getLoopbackAddress())) {
            assertThat(failure(yaml.text(), 1))
                    .contains("127.0.0.1:" + taken.getLocalPort())
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void namesTheCertificateThatIsNotThere() throws Exception {
        assertThat(failure(yaml.text().replaceFirst("certFile: [^,]*", "certFile: /nowhere/tls.crt"), 2))
                .contains("/nowhere/tls.crt")
                .doesNotContain("\tat ");
    }

    @Test
    void namesTheFileThatIsNotThere() throws Exception {
        try (RunningPostern postern = RunningPostern.launch("run", "--config", "/nowhere/postern.yaml")) {
            assertThat(postern.awaitEnd()).isEqualTo(2);
            assertThat(postern.log()).contains("/nowhere/postern.yaml").doesNotContain("\tat ");
        }
    }
}

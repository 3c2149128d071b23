package dev.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However the demo ends, nothing of it stays. */
class DemoEndIT {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalEndsTheServersBeforeTheDemoItself(String signal) throws Exception {
        try (DemoProcess demo = DemoProcess.start(folder).ready()) {
            List<Integer> ports = portsOf(demo);

            demo.signal(signal);

            demo.exitCode();
            assertThat(ports).noneMatch(DemoProcess::answers);
            assertThat(demo.leftovers()).isEmpty();
        }
    }

    @Test
    void theServersDoNotOutliveADemoThatCouldNotEndThem() throws Exception {
        try (DemoProcess demo = DemoProcess.start(folder).ready()) {
            List<Integer> ports = portsOf(demo);

            demo.signal("KILL");

            demo.exitCode();
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                assertThat(ports).noneMatch(DemoProcess::answers);
                assertThat(demo.leftovers()).isEmpty();
            });
        }
    }

    private static List<Integer> portsOf(DemoProcess demo) throws Exception {
        List<Integer> ports = new ArrayList<>(demo.serverPorts());
        ports.add(demo.port());
        assertThat(ports).hasSize(3).allMatch(DemoProcess::answers);
        return ports;
    }
}

package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.cString;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.int16;
import static dev.postern.gateway.it.harness.FrontendBytes.int32;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.MemoryWatch;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.ExtendWith;

/** Large parameters and results stream through: what the gateway holds does not grow with them. */
@ExtendWith(CleanAfterEach.class)
class LargeMessagesIT {
    private static final int MEBIBYTE = 1 << 20;
    private static final int LARGE = 64 * MEBIBYTE;

    /** "64 MB through the gateway adds less than 4 MB to it." */
    private static final long ALLOWED_GROWTH = 4 * MEBIBYTE;

    @EveryTarget
    void streamsA64MegabyteParameter(Target target) {
        byte[] chunk = "x".repeat(64 * 1024).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try (WireClient client = target.connect();
                MemoryWatch memory = MemoryWatch.start()) {
            byte[] bindStart = concat(cString(""), cString(""), int16(0), int16(1), int32(LARGE));
            client.send(parse("", "select length($1::text)"));
            client.send(new byte[] {'B'}, int32(4 + bindStart.length + LARGE + 2), bindStart);
            for (int sent = 0; sent < LARGE; sent += chunk.length) {
                client.send(chunk);
            }
            client.send(int16(0), execute(), sync());
            assertThat(client.answers()).containsExactly("1", "2", "D(" + LARGE + ")", "C(SELECT 1)", "Z(I)");
            assertThat(memory.growth()).isLessThan(ALLOWED_GROWTH);
        }
    }

    @EveryTarget
    void streamsA64MegabyteValue(Target target) {
        try (WireClient client = target.connect();
                MemoryWatch memory = MemoryWatch.start()) {
            client.send(query("select repeat('x', " + LARGE + ") as t"));
            assertThat(client.receive()).hasToString("T(t:25)");
            assertThat(client.discard()).hasToString("D(" + (LARGE + 6) + " bytes)");
            assertThat(client.answers()).containsExactly("C(SELECT 1)", "Z(I)");
            assertThat(memory.growth()).isLessThan(ALLOWED_GROWTH);
        }
    }

    @EveryTarget
    void takesALargeQuery(Target target) {
        int length = 8 * MEBIBYTE;
        try (WireClient client = target.connect();
                MemoryWatch memory = MemoryWatch.start()) {
            byte[] sql = concat(
                    "select length('".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                    "x".repeat(length).getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                    "') as n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            client.send(new byte[] {'Q'}, int32(4 + sql.length + 1), sql, new byte[1]);
            assertThat(client.answers()).containsExactly("T(n:23)", "D(" + length + ")", "C(SELECT 1)", "Z(I)");
            assertThat(memory.growth()).isLessThan(ALLOWED_GROWTH);
        }
    }

    @EveryTarget
    void holdsTheServerBackWhileTheClientDoesNotRead(Target target) {
        int rows = 100_000;
        String mark = dev.postern.gateway.it.harness.Names.unique("slow");
        try (WireClient client = WireClient.open(target.address().port(), 64 * 1024)) {
            client.login(target.address());
            try (MemoryWatch memory = MemoryWatch.start()) {
                client.send(query(
                        "select n, repeat('x', 1000) from generate_series(1, " + rows + ") n /* " + mark + " */"));
                assertThat(client.receive().type()).isEqualTo('T');
                Awaitility.await("the server waits for its client")
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> PostgresServers.shared()
                                .ask(
                                        "postgres",
                                        "select count(*) from pg_stat_activity where wait_event = 'ClientWrite' and"
                                                + " query like '%/* " + mark + " */%' and pid <> pg_backend_pid()")
                                .equals("1"));
                assertThat(memory.growth()).as("while the client sleeps").isLessThan(ALLOWED_GROWTH);
                for (int i = 0; i < rows; i++) {
                    assertThat(client.discard().type()).isEqualTo('D');
                }
                assertThat(client.answers()).containsExactly("C(SELECT " + rows + ")", "Z(I)");
                assertThat(memory.growth()).as("in all").isLessThan(ALLOWED_GROWTH);
            }
        }
    }

    @EveryTarget
    void holdsTheClientBackWhileTheServerDoesNotRead(Target target) {
        try (WireClient client = target.connect()) {
            client.query("begin; create temporary table held (t text) on commit drop");
            client.query("select pg_advisory_lock(4711)");
            try (WireClient blocked = target.connect();
                    MemoryWatch memory = MemoryWatch.start()) {
                // The server runs a statement that waits for a lock, and reads none of what comes after it.
                blocked.send(query("select pg_advisory_lock(4711), pg_advisory_unlock(4711)"));
                byte[] comment = query("select 1 /* " + "x".repeat(64 * 1024) + " */");
                int queries = 400;
                Thread sender = Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < queries; i++) {
                        blocked.send(comment);
                    }
                });
                Awaitility.await("the sender is held back")
                        .during(Duration.ofMillis(300))
                        .until(sender::isAlive);
                assertThat(memory.growth()).isLessThan(ALLOWED_GROWTH);
                client.query("select pg_advisory_unlock(4711); commit");
                for (int i = 0; i <= queries; i++) {
                    assertThat(blocked.answers()).endsWith("Z(I)");
                }
            }
        }
    }
}

package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that wait for a server: their order, their patience, and who may hurry them. */
class QueueIT {
    private static GatewayFixture gateway;
    private final java.util.concurrent.CountDownLatch loggedIn = new java.util.concurrent.CountDownLatch(1);

    @BeforeAll
    static void start() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        gateway = GatewayFixture.start(GatewayYaml.of(
                orders.withPool("{mode: transaction, defaultPoolSize: 1}"),
                orders.named("impatient").withPool("{mode: transaction, defaultPoolSize: 1, queryWaitTimeout: 500ms}"),
                orders.named("session_one").withPool("{mode: session, defaultPoolSize: 1, queryWaitTimeout: 500ms}"),
                orders.named("reserve")
                        .withPool(
                                "{mode: transaction, defaultPoolSize: 1, reservePoolSize: 1, reservePoolTimeout: 300ms,"
                                        + " queryWaitTimeout: 5s}"),
                orders.named("notified").withPool("{mode: transaction, defaultPoolSize: 1, queryWaitNotify: 300ms}")));
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.assertClean();
    }

    private static void awaitWaiting(int clients) {
        Awaitility.await(clients + " waiting")
                .pollInterval(Duration.ofMillis(5))
                .until(() -> gateway.waitingClients() == clients);
    }

    @Test
    void servesWaitersInTheOrderTheyCame() {
        List<WireClient> waiters = new ArrayList<>();
        try (WireClient holder = gateway.connect("orders")) {
            holder.query("begin");
            String table = dev.postern.gateway.it.harness.Names.unique("order");
            holder.query("create table " + table + " (n serial, who int)");
            for (int i = 0; i < 5; i++) {
                WireClient waiter = gateway.connect("orders");
                waiters.add(waiter);
                waiter.send(FrontendBytes.query("insert into " + table + " (who) values (" + i + ")"));
                awaitWaiting(i + 1);
            }
            holder.query("commit");
            for (WireClient waiter : waiters) {
                assertThat(waiter.answers()).containsExactly("C(INSERT 0 1)", "Z(I)");
            }
            assertThat(holder.ask("select string_agg(who::text, '' order by n) from " + table))
                    .isEqualTo("01234");
            holder.query("drop table " + table);
        } finally {
            waiters.forEach(WireClient::close);
        }
    }

    @Test
    void refusesAfterQueryWaitTimeout() {
        try (WireClient holder = gateway.connect("impatient");
                WireClient waiter = gateway.connect("impatient")) {
            holder.query("begin");
            long start = System.nanoTime();
            waiter.send(FrontendBytes.query("select 1"));
            assertThat(waiter.receiveUntilClosed()).map(WireMessage::toString).containsExactly("E(FATAL 53300)");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(400));
            assertThat(holder.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
        }
    }

    @Test
    void refusesASessionWhenAllServersBelongToOthers() {
        try (WireClient holder = gateway.connect("session_one")) {
            holder.query("select 1");
            try (WireClient waiter = gateway.connect("session_one")) {
                waiter.send(FrontendBytes.query("select 1"));
                assertThat(waiter.receiveUntilClosed())
                        .map(WireMessage::toString)
                        .containsExactly("E(FATAL 53300)");
            } catch (WireClient.LoginRefused refused) {
                assertThat(refused.error()).hasToString("E(FATAL 53300)");
            }
            assertThat(holder.ask("select 2")).isEqualTo("2");
        }
    }

    @Test
    void tellsAClientOnceThatItWaits() {
        try (WireClient holder = gateway.connect("notified");
                WireClient waiter = gateway.connect("notified")) {
            for (int i = 0; i < 2; i++) {
                holder.query("begin");
                waiter.send(FrontendBytes.query("select " + i));
                WireMessage notice = waiter.receive();
                assertThat(notice.type()).isEqualTo('N');
                assertThat(notice.fields())
                        .containsEntry('V', "NOTICE")
                        .containsEntry('C', "00000")
                        .containsEntry('M', "query_wait_notify: all server connections are in use, waiting for one");
                // Nothing more in the next two looks of the janitor.
                assertThat(waiter.receiveWithin(Duration.ofMillis(700))).isEmpty();
                holder.query("commit");
                assertThat(waiter.answers()).containsExactly("T(?column?:23)", "D(" + i + ")", "C(SELECT 1)", "Z(I)");
            }
        }
    }

    @Test
    void saysNothingOfWaitingInALogin() {
        try (WireClient holder = gateway.connect("notified")) {
            holder.query("begin");
            Thread login = Thread.ofVirtual().start(() -> {
                try (WireClient late =
                        WireClient.connect(gateway.address("notified").withParameter("search_path", "pg_catalog"))) {
                    assertThat(late.loginMessages()).noneMatch(message -> message.type() == 'N');
                    loggedIn.countDown();
                }
            });
            awaitWaiting(1);
            Awaitility.await().during(Duration.ofMillis(700)).until(() -> gateway.waitingClients() == 1);
            holder.query("commit");
            assertThat(loggedIn.await(5, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
            login.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void opensTheReserveForAWaiter() {
        try (WireClient holder = gateway.connect("reserve");
                WireClient waiter = gateway.connect("reserve")) {
            holder.query("begin");
            assertThat(waiter.ask("select 'from the reserve'")).isEqualTo("from the reserve");
            holder.query("commit");
        }
    }

    @Test
    void cancelsAWaitingQueryAndKeepsTheSession() {
        try (WireClient holder = gateway.connect("orders");
                WireClient waiter = gateway.connect("orders")) {
            holder.query("begin");
            waiter.send(FrontendBytes.query("select 'not run'"));
            awaitWaiting(1);
            waiter.cancel();
            assertThat(waiter.answers()).containsExactly("E(ERROR 57014)", "Z(I)");
            waiter.send(
                    FrontendBytes.parse("", "select 'not run'"),
                    FrontendBytes.bind("", ""),
                    FrontendBytes.execute(),
                    FrontendBytes.sync());
            awaitWaiting(1);
            waiter.cancel();
            assertThat(waiter.answers()).containsExactly("E(ERROR 57014)", "Z(I)");
            assertThat(holder.query("commit")).containsExactly("C(COMMIT)", "Z(I)");
            assertThat(waiter.ask("select 'run'")).isEqualTo("run");
        }
    }

    @Test
    void forgetsAWaiterThatHangsUp() {
        try (WireClient holder = gateway.connect("orders")) {
            holder.query("begin");
            for (int i = 0; i < 10; i++) {
                WireClient waiter = gateway.connect("orders");
                waiter.send(FrontendBytes.query("select 'not run'"));
                awaitWaiting(1);
                waiter.kill();
                awaitWaiting(0);
            }
            holder.query("commit");
            assertThat(holder.ask("select 1")).isEqualTo("1");
        }
    }

    @Test
    void keepsWhatAWaiterPipelines() {
        try (WireClient holder = gateway.connect("orders");
                WireClient waiter = gateway.connect("orders")) {
            holder.query("begin");
            for (int i = 0; i < 50; i++) {
                waiter.send(FrontendBytes.query("select " + i));
            }
            awaitWaiting(1);
            holder.query("commit");
            for (int i = 0; i < 50; i++) {
                assertThat(waiter.answers()).contains("D(" + i + ")");
            }
        }
    }
}

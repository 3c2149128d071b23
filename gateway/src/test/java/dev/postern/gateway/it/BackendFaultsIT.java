package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FakeServer.Session.commandComplete;
import static dev.postern.gateway.it.harness.FakeServer.Session.errorResponse;
import static dev.postern.gateway.it.harness.FakeServer.Session.readyForQuery;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FakeServer;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Servers that misbehave. The client gets one clear error within the timeouts, and no word of the server's side. */
class BackendFaultsIT {
    private static final String IMPATIENT =
            "{mode: transaction, defaultPoolSize: 2, serverConnectTimeout: 1s, queryWaitTimeout: 2s}";

    static Stream<Arguments> faultsInLogin() {
        return Stream.of(
                fault("hangs up at once", session -> {}),
                fault("hangs up after the startup packet", FakeServer.Session::receiveStartup),
                fault("never answers", FakeServer.Session::ignoreEverything),
                fault("sends garbage", session -> {
                    session.receiveStartup();
                    session.send("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    session.ignoreEverything();
                }),
                fault("announces a message of 2 GB", session -> {
                    session.receiveStartup();
                    session.send(new byte[] {'R'}, FrontendBytes.int32(Integer.MAX_VALUE));
                    session.ignoreEverything();
                }),
                fault("announces a message of negative length", session -> {
                    session.receiveStartup();
                    session.send(new byte[] {'R'}, FrontendBytes.int32(-5));
                    session.ignoreEverything();
                }),
                fault("asks for an authentication that nobody knows", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message('R', FrontendBytes.int32(99)));
                    session.ignoreEverything();
                }),
                fault("asks for a cleartext password without TLS", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message('R', FrontendBytes.int32(3)));
                    session.ignoreEverything();
                }),
                fault("offers SASL mechanisms that nobody knows", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message(
                            'R', FrontendBytes.int32(10), FrontendBytes.cString("NO-SUCH"), new byte[1]));
                    session.ignoreEverything();
                }),
                fault("sends a SCRAM message that is none", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message(
                            'R', FrontendBytes.int32(10), FrontendBytes.cString("SCRAM-SHA-256"), new byte[1]));
                    session.receive();
                    session.send(FrontendBytes.message(
                            'R', FrontendBytes.int32(11), "r=other,s=!!!,i=0".getBytes(StandardCharsets.US_ASCII)));
                    session.ignoreEverything();
                }),
                fault("asks for a billion SCRAM iterations", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message(
                            'R', FrontendBytes.int32(10), FrontendBytes.cString("SCRAM-SHA-256"), new byte[1]));
                    byte[] first = session.receive().orElseThrow().body();
                    String nonce = new String(first, StandardCharsets.UTF_8).replaceAll("(?s).*,r=", "");
                    session.send(FrontendBytes.message(
                            'R',
                            FrontendBytes.int32(11),
                            ("r=" + nonce + "more,s=c2FsdHNhbHRzYWx0c2FsdA==,i=1000000000")
                                    .getBytes(StandardCharsets.US_ASCII)));
                    session.ignoreEverything();
                }),
                fault("refuses with an ErrorResponse without SQLSTATE", session -> {
                    session.receiveStartup();
                    session.send(errorResponse("SFATAL", "Mno idea"));
                }),
                fault("refuses with an empty ErrorResponse", session -> {
                    session.receiveStartup();
                    session.send(errorResponse());
                }),
                fault("refuses the role's password", session -> {
                    session.receiveStartup();
                    session.send(errorResponse(
                            "SFATAL", "C28P01", "Mpassword authentication failed for user \"orders_backend\""));
                }),
                fault("has too many connections", session -> {
                    session.receiveStartup();
                    session.send(errorResponse("SFATAL", "C53300", "Msorry, too many clients already"));
                }),
                fault("is starting up", session -> {
                    session.receiveStartup();
                    session.send(errorResponse("SFATAL", "C57P03", "Mthe database system is starting up"));
                }),
                fault("dies after AuthenticationOk", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message('R', FrontendBytes.int32(0)));
                }),
                fault("never gets ready", session -> {
                    session.receiveStartup();
                    session.send(FrontendBytes.message('R', FrontendBytes.int32(0)));
                    session.ignoreEverything();
                }));
    }

    private static Arguments fault(String name, FakeServer.Script script) {
        return Arguments.of(name, script);
    }

    private static RouteYaml routeTo(FakeServer server) {
        return RouteYaml.to(PostgresServers.shared(), "orders", "orders")
                .withHosts("[\"" + server.address() + "\"]")
                .withBackendTls("{mode: disable}")
                .withPool(IMPATIENT);
    }

    /** Runs a query that must fail, and returns the error: in place of the login's end or of the answer. */
    private static WireMessage failure(GatewayFixture gateway) {
        try (WireClient client = gateway.connect("orders")) {
            client.send(FrontendBytes.query("select 1"));
            return client.receiveUntil('E').getLast();
        } catch (WireClient.LoginRefused refused) {
            return refused.error();
        }
    }

    private static void assertSaysNothingInternal(WireMessage error, int port) {
        assertThat(error.fields().values().toString())
                .doesNotContain("127.0.0.1", "localhost", Integer.toString(port), "orders_backend", "backend-secret");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faultsInLogin")
    void givesOneClearErrorForAServerThat(String fault, FakeServer.Script script) {
        try (FakeServer server = FakeServer.start(script);
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(
                        routeTo(server), RouteYaml.to(PostgresServers.shared(), "billing", "billing")))) {
            WireMessage error = failure(gateway);
            assertThat(error.sqlState()).isIn("08006", "57P03", "53300");
            assertSaysNothingInternal(error, server.port());
            try (WireClient billing = gateway.connect("billing")) {
                assertThat(billing.ask("select 'other routes go on'")).isEqualTo("other routes go on");
            }
            gateway.assertClean();
        }
    }

    @Test
    void refusesAServerWhoseCertificateIsAnotherAuthoritys() {
        Certificates strangers = Certificates.create();
        try (PostgresServer postgres = PostgresServers.own(strangers.issueForLocalhost("stranger"));
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(
                        RouteYaml.to(postgres, "orders", "orders").withPool(IMPATIENT)))) {
            WireMessage error = failure(gateway);
            assertThat(error.sqlState()).isEqualTo("08006");
            assertSaysNothingInternal(error, postgres.port());
            assertThat(postgres.sessions("orders")).isEmpty();
        }
    }

    @Test
    void refusesAServerWhoseCertificateIsForAnotherHostUnlessItOnlyVerifiesTheAuthority() {
        String ca = Certificates.shared().caFile().toString();
        try (PostgresServer postgres = PostgresServers.own(Certificates.shared().issueForElsewhere("elsewhere"))) {
            RouteYaml full = RouteYaml.to(postgres, "orders", "orders").withPool(IMPATIENT);
            RouteYaml verifyCa = full.named("verify_ca").withBackendTls("{mode: verify-ca, caFile: " + ca + "}");
            RouteYaml require = full.named("require").withBackendTls("{mode: require}");
            try (GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(full, verifyCa, require))) {
                assertThat(failure(gateway).sqlState()).isEqualTo("08006");
                for (String database : List.of("verify_ca", "require")) {
                    try (WireClient client = gateway.connect(database)) {
                        assertThat(client.ask("select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
                                .isEqualTo("t");
                    }
                }
            }
        }
    }

    @Test
    void refusesAServerWithoutTlsWhereTlsIsRequired() {
        try (FakeServer server = FakeServer.start(session -> {
                    session.receiveStartup();
                    session.send(new byte[] {'N'});
                    session.ignoreEverything();
                });
                GatewayFixture gateway =
                        GatewayFixture.start(GatewayYaml.of(routeTo(server).withBackendTls("{mode: require}")))) {
            WireMessage error = failure(gateway);
            assertThat(error.sqlState()).isEqualTo("08006");
            assertSaysNothingInternal(error, server.port());
        }
    }

    @Test
    void refusesBytesThatTheServerSendsBeforeTheHandshake() {
        try (FakeServer server = FakeServer.start(session -> {
                    session.receiveStartup();
                    // What an attacker in the middle would add for the gateway to believe later.
                    session.send(new byte[] {'S'}, errorResponse("SERROR", "C00000", "Minjected"));
                    session.ignoreEverything();
                });
                GatewayFixture gateway =
                        GatewayFixture.start(GatewayYaml.of(routeTo(server).withBackendTls("{mode: require}")))) {
            WireMessage error = failure(gateway);
            assertThat(error.fields().get('M')).doesNotContain("injected");
            assertThat(error.sqlState()).isEqualTo("08006");
        }
    }

    @Test
    void triesTheNextHostWhenTheFirstIsAway() {
        try (FakeServer broken = FakeServer.start(session -> {})) {
            RouteYaml route = RouteYaml.to(PostgresServers.shared(), "orders", "orders")
                    .withHosts("[\"localhost:1\", \"localhost:" + broken.port() + "\", \"localhost:"
                            + PostgresServers.shared().port() + "\"]");
            try (GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(route));
                    WireClient client = gateway.connect("orders")) {
                assertThat(client.ask("select 'third'")).isEqualTo("third");
            }
        }
    }

    static Stream<Arguments> faultsInQuery() {
        return Stream.of(
                fault("dies in the middle of a message", session -> {
                    session.welcome();
                    session.receive();
                    session.send(new byte[] {'D', 0, 0, 1, 0, 0, 1});
                }),
                fault("sends an unknown message", session -> {
                    session.welcome();
                    session.receive();
                    session.send(FrontendBytes.message('!', new byte[4]));
                    session.ignoreEverything();
                }),
                fault("announces a negative length", session -> {
                    session.welcome();
                    session.receive();
                    session.send(new byte[] {'D'}, FrontendBytes.int32(-1));
                    session.ignoreEverything();
                }),
                fault("hangs up instead of answering", session -> {
                    session.welcome();
                    session.receive();
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faultsInQuery")
    void endsTheSessionOfAServerThat(String fault, FakeServer.Script script) {
        try (FakeServer server = FakeServer.start(script);
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(routeTo(server)));
                WireClient client = gateway.connect("orders")) {
            client.send(FrontendBytes.query("select 1"));
            // Half a message may be on the wire; then nothing can follow but the end.
            assertThat(client.closedWithin(java.time.Duration.ofSeconds(5))).isTrue();
            gateway.awaitServers("orders", 0);
        }
    }

    @Test
    void doesNotLendAServerThatSpeaksWhileIdle() {
        Semaphore speak = new Semaphore(0);
        try (FakeServer server = FakeServer.start(session -> {
                    session.welcome();
                    session.receive();
                    session.send(commandComplete("SELECT 0"), readyForQuery('I'));
                    speak.acquireUninterruptibly();
                    // One answer too many: the next client would take it for its own.
                    session.send(commandComplete("SELECT 666"), readyForQuery('I'));
                    session.ignoreEverything();
                });
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(routeTo(server)))) {
            for (int i = 0; i < 3; i++) {
                try (WireClient client = gateway.connect("orders")) {
                    client.send(FrontendBytes.query("select 1"));
                    assertThat(client.answers()).containsExactly("C(SELECT 0)", "Z(I)");
                    speak.release();
                    gateway.awaitServers("orders", 0);
                }
            }
        }
    }

    @Test
    void keepsTheLastWordsOfAServerFromAClientThatIsDoneWithIt() {
        try (FakeServer server = FakeServer.start(session -> {
                    session.welcome();
                    session.receive();
                    session.send(
                            commandComplete("SELECT 0"),
                            readyForQuery('I'),
                            errorResponse("SFATAL", "VFATAL", "C57P01", "Mbye"));
                });
                GatewayFixture gateway = GatewayFixture.start(GatewayYaml.of(routeTo(server)));
                WireClient client = gateway.connect("orders")) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.query("select 1")).containsExactly("C(SELECT 0)", "Z(I)");
            }
        }
    }
}

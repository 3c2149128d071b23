package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.FrontendBytes;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import dev.postern.gateway.it.harness.WireMessage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every method of {@code clientAuth} that is no list of SCRAM users, through a real gateway. */
class ClientMethodsIT {
    private static final Path FOLDER = TemporaryFolders.create("methods");
    private static final Path RULES = FOLDER.resolve("pg_hba.conf");
    private static final Certificates.KeyPairFiles ANN = Certificates.shared().issueForClient("ann", "ann@example.com");
    private static ECKey key;
    private static InMemoryDirectoryServer directory;
    private static HttpServer cluster;
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() throws Exception {
        key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
        Path jwks = FOLDER.resolve("jwks.json");
        Files.writeString(jwks, new JWKSet(key.toPublicJWK()).toString());
        Files.writeString(FOLDER.resolve("token"), "own-token");
        Files.writeString(FOLDER.resolve("pg_ident.conf"), "mail /^(.*)@example\\.com$ \\1\n");
        Files.writeString(RULES, """
                host    all app     192.0.2.0/24 trust
                hostssl all app     all          scram-sha-256
                hostssl all old     all          md5
                hostssl all ann     all          cert map=mail
                hostssl all token   all          jwt
                host    all visitor 127.0.0.1/32 trust
                host    all shut    all          reject
                """);
        directory = directory();
        cluster = cluster();
        RouteYaml route = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        String jwt = "issuer: \"https://issuer\", audience: postern, jwksFile: " + jwks;
        gateway = GatewayFixture.start(GatewayYaml.of(
                route.named("md5").withClientAuth("{md5: {users: {app: {password: app-secret}}}}"),
                route.named("password").withClientAuth("{password: {users: {app: {password: app-secret}}}}"),
                route.named("trust").withClientAuth("{trust: {}}"),
                route.named("cert")
                        .withClientAuth(
                                "{cert: {map: [{identity: '/^(.*)@example\\.com$', role: '\\1'}, {identity: ann@example.com, role: app}]}}"),
                route.named("same").withClientAuth("{cert: {}}"),
                route.named("hba")
                        .withClientAuth("{hba: {file: " + RULES + ", identFile: " + FOLDER.resolve("pg_ident.conf")
                                + ", users: {app: {password: app-secret}, old: {password: old-secret}}, jwt: {" + jwt
                                + "}}}"),
                route.named("jwt")
                        .withClientAuth(
                                "{jwt: {" + jwt + ", roleClaim: roles, map: [{identity: /^team-, role: app}]}}"),
                route.named("oauth").withClientAuth("{jwt: {" + jwt + ", carrier: oauthbearer, scope: db}}"),
                route.named("ldap")
                        .withClientAuth("{ldap: {host: 127.0.0.1, port: " + directory.getListenPort()
                                + ", tls: none, prefix: 'uid=', suffix: ',dc=example'}}"),
                route.named("k8s")
                        .withClientAuth("{tokenReview: {audience: postern, api: \"http://127.0.0.1:"
                                + cluster.getAddress().getPort() + "\", tokenFile: " + FOLDER.resolve("token")
                                + ", caFile: "
                                + Certificates.shared().caFile()
                                + ", map: [{identity: \"system:serviceaccount:shop:web\", role: app}]}}"),
                route.named("peer").withClientAuth("{peer: {}}")));
    }

    private static InMemoryDirectoryServer directory() throws Exception {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example");
        config.setSchema(null);
        InMemoryDirectoryServer made = new InMemoryDirectoryServer(config);
        made.add("dn: dc=example", "objectClass: domain", "dc: example");
        made.add("dn: uid=app,dc=example", "objectClass: person", "uid: app", "userPassword: ldap-secret");
        made.startListening();
        return made;
    }

    private static HttpServer cluster() throws Exception {
        HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        made.createContext("/apis/authentication.k8s.io/v1/tokenreviews", exchange -> {
            String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean known = request.contains("good-token")
                    && "Bearer own-token".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] answer = (known
                            ? "{\"status\":{\"authenticated\":true,\"audiences\":[\"postern\"],\"user\":{\"username\":\"system:serviceaccount:shop:web\"}}}"
                            : "{\"status\":{\"authenticated\":false}}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(201, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        made.start();
        return made;
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
            directory.shutDown(true);
            cluster.stop(0);
        }
    }

    private static ServerAddress address(String database, String user, String password) {
        return gateway.address(database).withUser(user).withPassword(password);
    }

    private static ServerAddress shown(String database, String user) {
        return new ServerAddress(
                gateway.tlsPort(), Optional.of(Certificates.shared().clientContext(ANN)), user, "", database);
    }

    private static ServerAddress plain(ServerAddress address) {
        return new ServerAddress(
                gateway.plainPort(), Optional.empty(), address.user(), address.password(), address.database());
    }

    private static List<String> letIn(ServerAddress address) {
        try (WireClient client = WireClient.connect(address)) {
            assertThat(client.ask("select 1")).isEqualTo("1");
            return client.loginMessages().stream().map(WireMessage::toString).toList();
        }
    }

    private static void refused(ServerAddress address, String answer) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class, () -> WireClient.connect(address).close());
        assertThat(refused).as("%s at %s", address.user(), address.database()).isNotNull();
        assertThat(refused.error().toString()).isEqualTo(answer);
    }

    @Test
    void passwordIsAskedForInsideTlsOnly() {
        assertThat(letIn(address("password", "app", "app-secret"))).startsWith("R(3)", "R(0)");
        refused(address("password", "app", "wrong"), "E(FATAL 28P01)");
        refused(address("password", "nobody", "wrong"), "E(FATAL 28P01)");
        refused(plain(address("password", "app", "app-secret")), "E(FATAL 28000)");
    }

    @Test
    void trustBelievesOnLoopback() {
        assertThat(letIn(address("trust", "anybody", ""))).startsWith("R(0)");
    }

    @Test
    void aCertificateStandsForTheRolesOfItsMap() {
        assertThat(letIn(shown("cert", "ann"))).startsWith("R(0)");
        assertThat(letIn(shown("cert", "app"))).startsWith("R(0)");
        refused(shown("cert", "bob"), "E(FATAL 28000)");
        refused(address("cert", "ann", ""), "E(FATAL 28000)");
        refused(shown("same", "ann"), "E(FATAL 28000)");
        assertThat(letIn(shown("same", "ann@example.com"))).startsWith("R(0)");
    }

    @Test
    void rulesChooseTheMethodForEachClient() {
        assertThat(letIn(address("hba", "app", "app-secret"))).startsWith("R(10)");
        refused(plain(address("hba", "app", "app-secret")), "E(FATAL 28000)");
        assertThat(letIn(shown("hba", "ann"))).startsWith("R(0)");
        refused(address("hba", "ann", ""), "E(FATAL 28000)");
        assertThat(letIn(plain(address("hba", "visitor", "")))).startsWith("R(0)");
        refused(address("hba", "shut", "x"), "E(FATAL 28000)");
        refused(address("hba", "stranger", "x"), "E(FATAL 28000)");
        refused(address("hba", "token", "no-token"), "E(FATAL 28P01)");
    }

    @Test
    void rulesAreReadAgainWhenTheyChangeAndOnlyIfTheyAreGood() throws Exception {
        String before = Files.readString(RULES);
        try {
            refused(address("hba", "later", ""), "E(FATAL 28000)");
            Files.writeString(RULES, "nonsense\n");
            Files.writeString(RULES, before + "host all later all trust\n");
            Awaitility.await("the new rules are in force")
                    .ignoreExceptionsInstanceOf(WireClient.LoginRefused.class)
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> letIn(address("hba", "later", "")));
        } finally {
            Files.writeString(RULES, before);
        }
    }

    private static String token(String subject, Map<String, Object> claims) throws Exception {
        JWTClaimsSet.Builder set = new JWTClaimsSet.Builder()
                .issuer("https://issuer")
                .audience("postern")
                .subject(subject)
                .expirationTime(Date.from(Instant.now().plusSeconds(60)));
        claims.forEach(set::claim);
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("one").build(), set.build());
        token.sign(new ECDSASigner(key));
        return token.serialize();
    }

    @Test
    void aTokenTakesThePlaceOfAPassword() throws Exception {
        String good = token("somebody", Map.of("roles", List.of("team-a")));
        assertThat(letIn(address("jwt", "app", good))).startsWith("R(3)", "R(0)");
        refused(address("jwt", "other", good), "E(FATAL 28P01)");
        refused(address("jwt", "app", token("somebody", Map.of("roles", List.of("guests")))), "E(FATAL 28P01)");
        refused(address("jwt", "app", good.substring(0, good.length() - 4) + "AAAA"), "E(FATAL 28P01)");
        refused(address("jwt", "app", token("app", Map.of("exp", 1))), "E(FATAL 28P01)");
        refused(plain(address("jwt", "app", good)), "E(FATAL 28000)");
    }

    @Test
    void oauthbearerTakesATokenAndTellsWhereToGetOne() throws Exception {
        assertThat(oauth(token("app", Map.of()))).containsExactly("R(10)", "R(0)");
        assertThat(oauth(token("other", Map.of()))).containsExactly("R(10)", "R(11)", "E(FATAL 28P01)");
        assertThat(oauth("")).startsWith("R(10)", "R(11)");
    }

    /** As a client of PostgreSQL 18 does it: a first connection tells where tokens are to be had, a second one shows one. */
    @Test
    void libpqLogsInByOauthbearer() throws Exception {
        assertThat(libpq(token("app", Map.of())))
                .contains("asked for https://issuer/.well-known/openid-configuration db", "in as orders_backend");
        assertThat(libpq(token("other", Map.of()))).contains("password authentication failed for user \"app\"");
        assertThat(libpq(token("app", Map.of("exp", 1)))).contains("password authentication failed for user \"app\"");
    }

    private static String libpq(String token) throws Exception {
        String python = Optional.ofNullable(System.getenv("PSYCOPG_PYTHON")).orElse("python3");
        Path output = Files.createTempFile(FOLDER, "oauth", ".txt");
        Path program = Files.writeString(
                FOLDER.resolve("oauth.py"),
                new String(
                        ClientMethodsIT.class.getResourceAsStream("/oauth.py").readAllBytes(), StandardCharsets.UTF_8));
        Process process;
        try {
            process = new ProcessBuilder(
                            python,
                            program.toString(),
                            "host=localhost port=" + gateway.tlsPort()
                                    + " dbname=oauth user=app sslmode=verify-full oauth_issuer=https://issuer"
                                    + " oauth_client_id=test sslrootcert="
                                    + Certificates.shared().caFile(),
                            token)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (java.io.IOException e) {
            return org.junit.jupiter.api.Assumptions.abort(python + " is not there");
        }
        assertThat(process.waitFor(30, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(output);
        org.junit.jupiter.api.Assumptions.assumeFalse(
                said.startsWith("no "), said + " for " + python + " (scripts/psycopg-python installs them)");
        return said;
    }

    private static List<String> oauth(String token) {
        ServerAddress address = address("oauth", "app", "");
        try (WireClient client = WireClient.open(address.port())) {
            client.startTls(address.tls().orElseThrow());
            client.send(FrontendBytes.startup(FrontendBytes.PROTOCOL_3_0, Map.of("user", "app", "database", "oauth")));
            WireMessage request = client.receive();
            byte[] first = ("n,,\u0001auth=" + (token.isEmpty() ? "" : "Bearer " + token) + "\u0001\u0001")
                    .getBytes(StandardCharsets.US_ASCII);
            client.send(FrontendBytes.password(
                    FrontendBytes.cString("OAUTHBEARER"), FrontendBytes.int32(first.length), first));
            WireMessage answer = client.receive();
            if (answer.toString().equals("R(11)")) {
                client.send(FrontendBytes.password(new byte[] {1}));
                return List.of(
                        request.toString(), answer.toString(), client.receive().toString());
            }
            return List.of(request.toString(), answer.toString());
        }
    }

    @Test
    void aDirectoryKnowsThePassword() {
        assertThat(letIn(address("ldap", "app", "ldap-secret"))).startsWith("R(3)", "R(0)");
        refused(address("ldap", "app", "wrong"), "E(FATAL 28P01)");
        refused(address("ldap", "app", ""), "E(FATAL 28P01)");
        refused(address("ldap", "nobody", "ldap-secret"), "E(FATAL 28P01)");
    }

    @Test
    void aClusterKnowsItsServiceAccounts() {
        assertThat(letIn(address("k8s", "app", "good-token"))).startsWith("R(3)", "R(0)");
        refused(address("k8s", "app", "bad-token"), "E(FATAL 28P01)");
        refused(address("k8s", "other", "good-token"), "E(FATAL 28P01)");
    }

    @Test
    void peerIsForUnixSockets() {
        refused(address("peer", "root", ""), "E(FATAL 28000)");
    }

    @Test
    void md5IsAnsweredByTheDriver() throws Exception {
        String url = "jdbc:postgresql://localhost:" + gateway.tlsPort() + "/md5?sslmode=verify-full&sslrootcert="
                + Certificates.shared().caFile() + "&user=app&password=";
        try (var connection = java.sql.DriverManager.getConnection(url + "app-secret")) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(catchThrowableOfType(
                                java.sql.SQLException.class,
                                () -> java.sql.DriverManager.getConnection(url + "wrong")
                                        .close())
                        .getSQLState())
                .isEqualTo("28P01");
    }

    @Test
    void guessingIsSlowedForThatUserAndNotForOthers() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders")
                .withClientAuth("{scram: {users: {app: {password: app-secret}, other: {password: other-secret}}}}");
        try (GatewayFixture strict = GatewayFixture.start(
                GatewayYaml.of(orders).withMore("throttle: {userFailures: 3, addressFailures: 100}\n"))) {
            ServerAddress right = strict.address("orders");
            for (String user : List.of("app", "nobody")) {
                ServerAddress wrong = right.withUser(user).withPassword("wrong");
                for (int i = 0; i < 3; i++) {
                    refused(wrong, "E(FATAL 28P01)");
                }
                // From here on each attempt waits twice as long, until it is refused without being looked at.
                Awaitility.await("the throttle")
                        .atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> refused(wrong, "E(FATAL 28000)"));
                if (user.equals("app")) {
                    refused(right, "E(FATAL 28000)"); // not even the right password is looked at now
                }
            }
            try (WireClient other = WireClient.connect(right.withUser("other").withPassword("other-secret"))) {
                assertThat(other.ask("select 1")).isEqualTo("1");
            }
            strict.assertClean();
        }
    }

    @Test
    void whoIsSlowedDoesNotLearnWhichDatabasesAndUsersThereAre() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders");
        try (GatewayFixture strict = GatewayFixture.start(
                GatewayYaml.of(orders, orders.named("closed").withMore("access: {allowUsers: [app]}"))
                        .withMore("throttle: {userFailures: 1, addressFailures: 0}\n"))) {
            ServerAddress nowhere = strict.address("nowhere").withUser("guest").withPassword("wrong");
            Awaitility.await("guest is slowed where there is no database")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> refused(nowhere, "E(FATAL 28000)"));
            for (String database : List.of("orders", "closed", "elsewhere", "pgbouncer")) {
                refused(strict.address(database).withUser("guest").withPassword("wrong"), "E(FATAL 28P01)");
            }
        }
    }

    @Test
    void aUserWhoMayNotComeHasTheSaltsOfOneWhoIsNotThere() {
        RouteYaml orders = RouteYaml.to(PostgresServers.shared(), "orders", "orders")
                .forDatabases("[one, two]")
                .withMore("access: {allowUsers: [app, ghost]}");
        try (GatewayFixture several = GatewayFixture.start(GatewayYaml.of(orders))) {
            assertThat(salt(several, "one", "ghost")).isEqualTo(salt(several, "two", "ghost"));
            assertThat(salt(several, "one", "guest")).isEqualTo(salt(several, "two", "guest"));
        }
    }

    private static String salt(GatewayFixture gateway, String database, String user) {
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> WireClient.connect(
                                gateway.address(database).withUser(user).withPassword("wrong"))
                        .close());
        return refused.messages().stream()
                .filter(message -> message.toString().equals("R(11)"))
                .map(message -> new String(message.body(), StandardCharsets.UTF_8).split(",")[1])
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aClientBehindAProxyOfThisMachineIsNotOfThisMachine() {
        int port = FreePorts.one();
        RouteYaml open =
                RouteYaml.to(PostgresServers.shared(), "orders", "orders").withClientAuth("{trust: {}}");
        try (GatewayFixture local = GatewayFixture.start(GatewayYaml.of(open)
                .withListeners("""
                          - name: proxied
                            address: 127.0.0.1:%d
                            tls: {mode: disable}
                            proxyProtocol: {trustedCidrs: [127.0.0.0/8]}
                        """.formatted(port))
                .withMore("admin: {consoleUsers: [admin], clientAuth: {trust: {}}}\n"))) {
            for (String database : List.of("orders", "pgbouncer")) {
                ServerAddress admin = new ServerAddress(port, Optional.empty(), "admin", "", database);
                WireClient.LoginRefused refused = catchThrowableOfType(WireClient.LoginRefused.class, () -> {
                    try (WireClient client = WireClient.open(port)) {
                        client.send("PROXY TCP4 198.51.100.7 198.51.100.1 40000 5432\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                        client.login(admin);
                    }
                });
                assertThat(refused).as(database).isNotNull();
                assertThat(refused.error().toString()).isEqualTo("E(FATAL 28000)");
                try (WireClient client = WireClient.open(port)) {
                    client.send("PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII));
                    client.login(admin);
                }
            }
            local.assertNoClients();
        }
    }
}

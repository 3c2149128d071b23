package dev.postern.gateway.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.postern.gateway.it.harness.Certificates;
import dev.postern.gateway.it.harness.FreePorts;
import dev.postern.gateway.it.harness.GatewayFixture;
import dev.postern.gateway.it.harness.GatewayYaml;
import dev.postern.gateway.it.harness.NamedServer;
import dev.postern.gateway.it.harness.PostgresServer;
import dev.postern.gateway.it.harness.PostgresServers;
import dev.postern.gateway.it.harness.RouteYaml;
import dev.postern.gateway.it.harness.ServerAddress;
import dev.postern.gateway.it.harness.TemporaryFolders;
import dev.postern.gateway.it.harness.WireClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way in, with every other: how TLS begins, whether a server is named, how the client proves who it is, what version
 * the server has and how it is reached. Each by pgjdbc, psycopg's own libpq and bytes by hand, and by psql as far as it goes.
 */
class MatrixIT {
    private static final Path FOLDER = TemporaryFolders.create("matrix");
    private static final List<Integer> VERSIONS = List.of(14, 15, 16, 17, 18);
    private static final String NAMED = "sni.ways.test";
    private static final String WHO = "select current_setting('server_version_num')::int / 10000 || ' ' || session_user"
            + " || ' ' || (select ssl from pg_stat_ssl where pid = pg_backend_pid())";
    private static final Certificates.KeyPairFiles UNNAMED =
            Certificates.shared().issueForLocalhost("matrix-default");
    private static final Certificates.KeyPairFiles WITH_NAME =
            Certificates.shared().issueFor("matrix-named", false, NAMED, "localhost");
    private static final Certificates.KeyPairFiles ANN = Certificates.shared().issueForClient("matrix-client", "app");

    private static int port;
    private static String token;
    private static GatewayFixture gateway;
    private static Optional<List<String>> byPsycopg = Optional.empty();

    private enum Begin {
        SSL_REQUEST("postgres"),
        DIRECT("direct");

        /** For pgjdbc's and libpq's {@code sslnegotiation}. */
        private final String word;

        Begin(String word) {
            this.word = word;
        }
    }

    private enum Proof {
        SCRAM,
        SCRAM_PLUS,
        MD5,
        PASSWORD,
        CERT,
        JWT,
        PASS_THROUGH;

        /** Whether a client binds its channel is the client's choice alone. */
        String route() {
            return this == SCRAM_PLUS ? SCRAM.route() : name().toLowerCase(java.util.Locale.ROOT);
        }

        String channelBinding() {
            return this == SCRAM_PLUS ? "require" : "disable";
        }
    }

    private record Way(Begin begin, boolean named, Proof proof, int version, boolean verified) {
        String database() {
            return proof.route() + "_" + version + (verified ? "_verified" : "_plain");
        }

        String password() {
            return switch (proof) {
                case CERT -> "";
                case JWT -> token;
                default -> "app-secret";
            };
        }

        /** Version, role at the server, and whether the server sees TLS. */
        String expected() {
            return version + " " + (proof == Proof.PASS_THROUGH ? "app" : "orders_backend") + " " + verified;
        }

        @Override
        public String toString() {
            return begin + ", " + (named ? "SNI" : "no SNI") + ", " + proof + ", PostgreSQL " + version + ", backend "
                    + (verified ? "verify-full" : "plain");
        }
    }

    static List<Way> ways() {
        List<Way> all = new ArrayList<>();
        for (int version : VERSIONS) {
            for (Proof proof : Proof.values()) {
                for (Begin begin : Begin.values()) {
                    for (int bits = 0; bits < 4; bits++) {
                        all.add(new Way(begin, (bits & 1) != 0, proof, version, (bits & 2) != 0));
                    }
                }
            }
        }
        return all;
    }

    @BeforeAll
    static void start() throws Exception {
        Path jwks = FOLDER.resolve("jwks.json");
        token = token(jwks);
        GatewayYaml yaml = GatewayYaml.of();
        for (int version : VERSIONS) {
            PostgresServer server = PostgresServers.ofVersion(version);
            server.execute(
                    "postgres",
                    "create role matrix_lookup login password 'lookup-secret'",
                    "grant select on pg_catalog.pg_authid to matrix_lookup");
            for (Proof proof : Proof.values()) {
                if (proof != Proof.SCRAM_PLUS) {
                    yaml = yaml.withRoute(route(server, proof, version, true))
                            .withRoute(route(server, proof, version, false));
                }
            }
        }
        port = FreePorts.one();
        gateway = GatewayFixture.start(yaml.withListeners("""
                          - name: matrix
                            address: 127.0.0.1:%d
                            tls:
                              certificates: [{certFile: %s, keyFile: %s}, {certFile: %s, keyFile: %s}]
                              clientCaFile: %s
                        """.formatted(
                        port,
                        UNNAMED.certificate(),
                        UNNAMED.key(),
                        WITH_NAME.certificate(),
                        WITH_NAME.key(),
                        Certificates.shared().caFile())));
    }

    private static RouteYaml route(PostgresServer server, Proof proof, int version, boolean verified) {
        RouteYaml route = RouteYaml.to(server, "orders", "orders")
                .named(new Way(Begin.DIRECT, false, proof, version, verified).database())
                .withPool("{mode: transaction, defaultPoolSize: 2}")
                .withClientAuth(clientAuth(proof));
        if (!verified) {
            route = route.withBackendTls("{mode: disable}");
        }
        return proof == Proof.PASS_THROUGH ? route.withCredentials("{passThrough: {}}") : route;
    }

    private static String clientAuth(Proof proof) {
        String users = "{users: {app: {password: app-secret}}}";
        return switch (proof) {
            case SCRAM, SCRAM_PLUS -> "{scram: " + users + "}";
            case MD5 -> "{md5: " + users + "}";
            case PASSWORD -> "{password: " + users + "}";
            case CERT -> "{cert: {}}";
            case JWT ->
                "{jwt: {issuer: \"https://issuer\", audience: postern, jwksFile: " + FOLDER.resolve("jwks.json") + "}}";
            case PASS_THROUGH ->
                "{authQuery: {poolSize: 1, credentials: {static: {user: matrix_lookup, password: lookup-secret}}}}";
        };
    }

    private static String token(Path jwks) throws Exception {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
        Files.writeString(jwks, new JWKSet(key.toPublicJWK()).toString());
        SignedJWT signed = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("one").build(),
                new JWTClaimsSet.Builder()
                        .issuer("https://issuer")
                        .audience("postern")
                        .subject("app")
                        .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                        .build());
        signed.sign(new ECDSASigner(key));
        return signed.serialize();
    }

    @AfterAll
    static void stop() {
        try {
            gateway.assertClean();
        } finally {
            gateway.close();
        }
    }

    // ---- bytes by hand

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void bytesByHand(Way way) {
        ServerAddress address = new ServerAddress(port, Optional.empty(), "app", way.password(), way.database());
        try (WireClient client = secured(way)) {
            client.login(address);
            assertThat(client.serverCertificate())
                    .isEqualTo((way.named ? WITH_NAME : UNNAMED).bundle().getCertificate());
            assertThat(client.ask(WHO)).isEqualTo(way.expected());
        }
        // What fits no proof: another password, or a role that the certificate does not stand for.
        WireClient wrong = secured(way);
        WireClient.LoginRefused refused = catchThrowableOfType(
                WireClient.LoginRefused.class,
                () -> wrong.login(
                        way.proof == Proof.CERT ? address.withUser("other") : address.withPassword("wrong-secret")));
        assertThat(refused).as("the wrong proof").isNotNull();
        assertThat(refused.error().sqlState()).isEqualTo(way.proof == Proof.CERT ? "28000" : "28P01");
    }

    private static WireClient secured(Way way) {
        Certificates authority = Certificates.shared();
        SSLContext context = way.proof == Proof.CERT ? authority.clientContext(ANN) : authority.clientContext();
        Consumer<SSLParameters> name = parameters -> {
            if (way.named) {
                parameters.setServerNames(List.of(new SNIHostName(NAMED)));
            }
        };
        WireClient client = WireClient.open(port);
        if (way.begin == Begin.DIRECT) {
            client.handshake(
                    context,
                    name.andThen(parameters -> parameters.setApplicationProtocols(new String[] {"postgresql"})));
        } else {
            client.startTls(context, name);
        }
        return way.proof == Proof.SCRAM_PLUS ? client.bindingItsChannel() : client;
    }

    // ---- pgjdbc

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void pgjdbc(Way way) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", "app");
        properties.setProperty("password", way.password());
        String url = "jdbc:postgresql://localhost:" + port + "/" + way.database()
                + "?sslmode=verify-full&sslrootcert=" + Certificates.shared().caFile()
                + "&sslNegotiation=" + way.begin.word
                + "&channelBinding=" + way.proof.channelBinding()
                + (way.named ? NamedServer.property(NAMED) : "")
                + (way.proof == Proof.CERT
                        ? "&sslcert=" + ANN.certificate() + "&pemKeyAlgorithm=EC&sslkey=" + ANN.key()
                        : "");
        try (Connection connection = DriverManager.getConnection(url, properties);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(WHO)) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isEqualTo(way.expected());
        }
    }

    // ---- libpq

    static Stream<Way> waysOfPsql() throws Exception {
        // Direct TLS came with version 17.
        boolean direct = psqlVersion() >= 17;
        return ways().stream().filter(way -> direct || way.begin != Begin.DIRECT);
    }

    private static int psqlVersion() throws Exception {
        return isInstalled("psql")
                ? Integer.parseInt(
                        output(List.of("psql", "--version"), Optional.empty()).replaceAll("(?s)\\D*(\\d+).*", "$1"))
                : 0;
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("waysOfPsql")
    void psql(Way way) throws Exception {
        assumeTrue(isInstalled("psql"), "psql is not installed (Debian: postgresql-client)");
        String conninfo = conninfo(way).replace(" sslnegotiation=postgres", "");
        assertThat(output(List.of("psql", "-XAtw", "-c", WHO, conninfo), Optional.empty()))
                .isEqualToIgnoringNewLines(way.expected());
    }

    /** All of them in one process; each is asked for its line. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void psycopgWithItsOwnLibpq(Way way) throws Exception {
        String python = Optional.ofNullable(System.getenv("PSYCOPG_PYTHON")).orElse("python3");
        if (byPsycopg.isEmpty()) {
            byPsycopg = Optional.of(runPsycopg(python));
        }
        List<String> lines = byPsycopg.get();
        assumeTrue(
                !lines.isEmpty(),
                "psycopg with a libpq of version 17 or later is not installed for " + python
                        + " (scripts/psycopg-python installs it)");
        assertThat(lines.get(ways().indexOf(way))).isEqualTo(way.expected());
    }

    private static List<String> runPsycopg(String python) throws Exception {
        if (!isInstalled(python) && !Files.isExecutable(Path.of(python))) {
            return List.of();
        }
        String program = """
                import sys
                try:
                    import psycopg
                    assert psycopg.pq.version() >= 170000
                except (ImportError, AssertionError):
                    sys.exit()
                for conninfo in sys.stdin.read().splitlines():
                    try:
                        with psycopg.connect(conninfo, autocommit=True) as connection:
                            print(connection.execute("%s").fetchone()[0])
                    except psycopg.Error as e:
                        print(str(e).replace("\\n", " "))
                """.formatted(WHO);
        String input = ways().stream().map(MatrixIT::conninfo).collect(Collectors.joining("\n"));
        return output(List.of(python, "-c", program), Optional.of(input))
                .lines()
                .toList();
    }

    private static String conninfo(Way way) {
        return "host=" + (way.named ? NAMED : "localhost") + " hostaddr=127.0.0.1 port=" + port + " dbname="
                + way.database() + " user=app sslmode=verify-full sslrootcert="
                + Certificates.shared().caFile() + " sslsni=" + (way.named ? 1 : 0) + " channel_binding="
                + way.proof.channelBinding() + " sslnegotiation=" + way.begin.word
                + (way.password().isEmpty() ? "" : " password=" + way.password())
                + (way.proof == Proof.CERT
                        ? " sslcert=" + ANN.certificate() + " sslkey=" + ANN.key()
                        : " sslcert=/nowhere");
    }

    /** Both streams of it; fails when it goes on for two minutes. */
    private static String output(List<String> command, Optional<String> input) throws Exception {
        Path output = Files.createTempFile(FOLDER, "output", ".txt");
        Path given = Files.writeString(Files.createTempFile(FOLDER, "input", ".txt"), input.orElse(""));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(given.toFile())
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(command + " did not end");
        }
        return Files.readString(output, StandardCharsets.UTF_8);
    }
}

package dev.postern.auth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.postern.auth.Secret;
import dev.postern.auth.password.ChannelBinding;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramKeys;
import dev.postern.auth.password.ScramVerifier;
import dev.postern.auth.password.StretchExecutor;
import dev.postern.auth.server.LoginFailure.Reason;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real PostgreSQL as judge: of the verifiers we make, of those it makes, and of how we log in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresLoginIT {
    private static final Secret PASSWORD = Secret.ofText("correct horse");
    private static final ServerSecret KNOWN = new ServerSecret.Password(PASSWORD);

    private final ScramKeyCache keys = new ScramKeyCache(new StretchExecutor(2), 100);
    private EmbeddedPostgres postgres;

    @BeforeAll
    void start(@TempDir Path dir) throws Exception {
        Path key = dir.resolve("server.key");
        Path certificate = dir.resolve("server.crt");
        makeCertificate(dir, key, certificate);
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_key_file", key.toString())
                .setServerConfig("ssl_cert_file", certificate.toString())
                .start();
        execute(
                "create role r_scram login password '"
                        + ScramVerifier.derive(PASSWORD, 4096).format() + "'",
                "create role r_scram_theirs login password 'correct horse'",
                "set password_encryption = 'md5'",
                "create role r_md5 login password 'correct horse'",
                "create role r_password login password 'correct horse'",
                "create role r_trust login");
        // Role names choose the method. The file is the server's own; it is written through the server.
        execute("copy (select unnest(array["
                + "'local all all trust',"
                + "'host all postgres 127.0.0.1/32 trust',"
                + "'host all r_trust 127.0.0.1/32 trust',"
                + "'host all r_md5 127.0.0.1/32 md5',"
                + "'host all r_password 127.0.0.1/32 password',"
                + "'host all all 127.0.0.1/32 scram-sha-256'"
                + "])) to '" + value("show hba_file") + "'");
        execute("select pg_reload_conf()");
        // The reload is told by a signal: a wrong password is refused once it has come.
        await().until(() -> "28P01".equals(plain("r_scram", wrong())));
    }

    @AfterAll
    void stop() throws IOException {
        keys.close();
        postgres.close();
    }

    @Test
    void aVerifierOfOursIsAcceptedByTheServerAndPgjdbc() throws Exception {
        assertThat(plain("r_scram", KNOWN)).isEqualTo(new ServerStep.LoggedIn());
        try (Connection connection = DriverManager.getConnection(url(), "r_scram", "correct horse")) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThatThrownBy(() -> DriverManager.getConnection(url(), "r_scram", "wrong"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "simple",
                "with space",
                "päßwörd",
                "ﬁ ligature",
                "no\u00a0break",
                "soft\u00adhyphen",
                "Ⅸ",
                "пароль",
                "密码",
                "emoji😀",
                "tab\tinside",
                "\u0627\u0031 mixed direction",
                "unassigned\u0378"
            })
    void aVerifierOfTheServersMatchesItsPassword(String password) throws SQLException {
        execute("set password_encryption = 'scram-sha-256'", "alter role r_scram_theirs password '" + password + "'");
        String stored = value("select rolpassword from pg_authid where rolname = 'r_scram_theirs'");

        ScramVerifier verifier = ScramVerifier.parse(stored).orElseThrow();

        assertThat(verifier.matches(Secret.ofText(password))).isTrue();
        assertThat(verifier.matches(Secret.ofText(password + "x"))).isFalse();
        assertThat(verifier.format()).isEqualTo(stored);
    }

    @Test
    void logsInBySCRAM() throws Exception {
        assertThat(plain("r_scram", KNOWN)).isEqualTo(new ServerStep.LoggedIn());
        assertThat(plain("r_scram", wrong())).isEqualTo("28P01");
        assertThat(plain("r_nobody", KNOWN)).isEqualTo("28P01");
    }

    @Test
    void logsInBoundToTheChannel() throws Exception {
        LoginPolicy require = new LoginPolicy(false, ChannelBinding.REQUIRE, 4096);
        assertThat(tls("r_scram", KNOWN, require)).isEqualTo(new ServerStep.LoggedIn());
        assertThat(tls("r_scram", KNOWN, LoginPolicy.DEFAULT)).isEqualTo(new ServerStep.LoggedIn());
        assertThat(tls("r_scram", KNOWN, new LoginPolicy(false, ChannelBinding.DISABLE, 4096)))
                .isEqualTo(new ServerStep.LoggedIn());
        assertThat(tls("r_md5", KNOWN, require)).isInstanceOf(ServerStep.Failed.class);
    }

    @Test
    void logsInWithTheKeysOfTheSameVerifier() throws Exception {
        ScramVerifier held = ScramVerifier.parse(value("select rolpassword from pg_authid where rolname = 'r_scram'"))
                .orElseThrow();
        ScramKeys recovered = ScramKeys.derive(PASSWORD, held.salt(), held.iterations());
        assertThat(plain("r_scram", new ServerSecret.Keys(recovered))).isEqualTo(new ServerStep.LoggedIn());

        ScramKeys otherSalt = ScramKeys.derive(PASSWORD, new byte[16], 4096);
        assertThat(plain("r_scram", new ServerSecret.Keys(otherSalt)))
                .isInstanceOfSatisfying(
                        ServerStep.Failed.class,
                        failed -> assertThat(failed.why().reason()).isEqualTo(Reason.DIFFERENT_VERIFIER));
    }

    @Test
    void logsInByMd5() throws Exception {
        assertThat(plain("r_md5", KNOWN)).isEqualTo(new ServerStep.LoggedIn());
        assertThat(plain("r_md5", wrong())).isEqualTo("28P01");
        String stored = value("select rolpassword from pg_authid where rolname = 'r_md5'");
        assertThat(Md5Hash.parse(stored)).contains(Md5Hash.of(PASSWORD, "r_md5"));
    }

    @Test
    void givesCleartextOnlyInsideTlsOrWhenOptedIn() throws Exception {
        assertThat(plain("r_password", KNOWN)).isInstanceOf(ServerStep.Failed.class);
        assertThat(tls("r_password", KNOWN, LoginPolicy.DEFAULT)).isEqualTo(new ServerStep.LoggedIn());
        try (RawServer server = RawServer.plain(postgres.getPort())) {
            LoginPolicy optedIn = new LoginPolicy(true, ChannelBinding.PREFER, 4096);
            assertThat(server.login("r_password", new ServerLogin("r_password", KNOWN, optedIn, keys)))
                    .isEqualTo(new ServerStep.LoggedIn());
        }
    }

    @Test
    void logsInWhereNothingIsAsked() throws Exception {
        assertThat(plain("r_trust", new ServerSecret.None())).isEqualTo(new ServerStep.LoggedIn());
        assertThat(plain("r_scram", new ServerSecret.None())).isInstanceOf(ServerStep.Failed.class);
    }

    private Object plain(String user, ServerSecret secret) throws IOException {
        try (RawServer server = RawServer.plain(postgres.getPort())) {
            return server.login(user, new ServerLogin(user, secret, LoginPolicy.DEFAULT, keys));
        }
    }

    private Object tls(String user, ServerSecret secret, LoginPolicy policy)
            throws IOException, GeneralSecurityException {
        try (RawServer server = RawServer.tls(postgres.getPort())) {
            return server.login(user, new ServerLogin(user, secret, policy, keys));
        }
    }

    private static ServerSecret wrong() {
        return new ServerSecret.Password(Secret.ofText("wrong"));
    }

    private String url() {
        return "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/postgres";
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url(), "postgres", "");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private String value(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url(), "postgres", "");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    private static void makeCertificate(Path dir, Path key, Path certificate) throws Exception {
        Path store = dir.resolve("server.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-alias",
                        "server",
                        "-dname",
                        "CN=localhost",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString()))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore keyStore = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                key,
                pem(
                        "PRIVATE KEY",
                        keyStore.getKey("server", "changeit".toCharArray()).getEncoded()));
        Files.writeString(
                certificate,
                pem("CERTIFICATE", keyStore.getCertificate("server").getEncoded()));
    }

    private static String pem(String kind, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n";
    }
}

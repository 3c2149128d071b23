package dev.postern.auth.credentials.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real client over real sockets to the double. */
class HttpVaultClientTest {
    private static final Secret ROOT = Secret.ofText(VaultDouble.ROOT);
    private static final Duration PATIENCE = Duration.ofMillis(700);

    @TempDir
    Path folder;

    private final VaultDouble vault = new VaultDouble(Instant::now);
    private final VaultDoubleServer server;
    private final HttpVaultClient client;

    HttpVaultClientTest() throws Exception {
        server = VaultDoubleServer.http(vault);
        client = new HttpVaultClient(VaultEndpoint.of(server.address()).withTimeouts(PATIENCE, PATIENCE));
        vault.putKv("kv", 1, "app", "u", "p");
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private VaultAnswer read() {
        return client.send(VaultRequest.read("kv/app", ROOT));
    }

    @Test
    void givesDataWithItsSecretsHidden() {
        VaultAnswer answer = read();

        assertThat(answer).isInstanceOfSatisfying(VaultAnswer.Ok.class, ok -> {
            assertThat(ok.data().text("username")).isEqualTo("u");
            assertThat(ok.data().get("password")).isInstanceOf(Secret.class);
            assertThat(ok.data().secret("password").map(Secret::reveal)).contains("p");
        });
    }

    @Test
    void eachStatusIsAnAnswerOfItsKind() {
        assertThat(client.send(VaultRequest.read("kv/app", Secret.ofText("s.bad"))))
                .isEqualTo(new VaultAnswer.Denied("permission denied"));
        assertThat(client.send(VaultRequest.read("kv/none", ROOT)))
                .isInstanceOfSatisfying(
                        VaultAnswer.Refused.class, r -> assertThat(r.status()).isEqualTo(404));
        vault.setMode(VaultDouble.Mode.SEALED);
        assertThat(read()).isEqualTo(new VaultAnswer.Away("503 Vault is sealed"));
        assertThat(client.send(VaultRequest.health(PATIENCE))).isInstanceOf(VaultAnswer.Away.class);
        vault.setMode(VaultDouble.Mode.RATE_LIMITED);
        assertThat(read()).isInstanceOf(VaultAnswer.Busy.class);
        vault.setMode(VaultDouble.Mode.BROKEN);
        assertThat(read()).isInstanceOf(VaultAnswer.Failed.class);
    }

    @Test
    void standbyThatPointsToADeadLeaderIsAway() {
        vault.setMode(VaultDouble.Mode.NO_LEADER);

        VaultAnswer answer = client.send(VaultRequest.write("sys/leases/renew", ROOT, Map.of("lease_id", "x")));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        VaultAnswer.Away.class, a -> assertThat(a.reason()).contains("no active node"));
        assertThat(read()).isInstanceOf(VaultAnswer.Ok.class);
    }

    @Test
    void frozenServerCostsTheTimeoutAndNoMore() {
        server.freeze();
        long began = System.nanoTime();

        VaultAnswer answer = read();

        assertThat(answer).isInstanceOf(VaultAnswer.Away.class);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(PATIENCE, PATIENCE.multipliedBy(10));
        server.thaw();
        assertThat(read()).isInstanceOf(VaultAnswer.Ok.class);
    }

    @Test
    void serverThatIsGoneIsAwayAndFoundAgain() throws IOException {
        read();
        server.goAway();
        assertThat(read()).isInstanceOf(VaultAnswer.Away.class);

        server.comeBack();

        assertThat(read()).isInstanceOf(VaultAnswer.Ok.class);
    }

    @Test
    void somethingElseThanVaultIsNamedSo() throws Exception {
        VaultAnswer answer = new HttpVaultClient(VaultEndpoint.of(java.net.URI.create("http://127.0.0.1:1")))
                .send(VaultRequest.health(PATIENCE));

        assertThat(answer).isInstanceOf(VaultAnswer.Away.class);
    }

    @Test
    void namespaceGoesWithEveryRequest() throws Exception {
        vault.addNamespace("team-a");
        vault.kv("team-a", "kv", 1).put("app", DoubleAnswer.map("username", "team", "password", "p"));
        try (HttpVaultClient inTeam =
                new HttpVaultClient(VaultEndpoint.of(server.address()).withNamespace("team-a"))) {
            VaultAnswer answer = inTeam.send(VaultRequest.read("kv/app", ROOT));

            assertThat(answer)
                    .isInstanceOfSatisfying(
                            VaultAnswer.Ok.class,
                            ok -> assertThat(ok.data().text("username")).isEqualTo("team"));
        }
    }

    // Logins.

    @Test
    void kubernetesLoginReadsItsTokenFileEachTime() throws Exception {
        Path file = folder.resolve("token");
        DoubleLogins.Role role = new DoubleLogins.Role(
                DoubleTokens.Rules.of(Duration.ofMinutes(1), Duration.ZERO, "kv/*"), "vault", "", "postern");
        vault.logins("").putRole("kubernetes", "postern", role);
        VaultLogin login = VaultLogins.kubernetes("kubernetes", "postern", SecretText.file(file));
        String subject = "system:serviceaccount:gateway:postern";
        Files.writeString(file, vault.logins("").mintJwt(subject, "vault", Duration.ofSeconds(-1)) + "\n");
        assertThat(login.login(client)).isInstanceOf(VaultLogin.Result.NotLoggedIn.class);

        Files.writeString(file, vault.logins("").mintJwt(subject, "vault", Duration.ofHours(1)) + "\n");

        assertThat(login.login(client)).isInstanceOfSatisfying(VaultLogin.Result.LoggedIn.class, in -> {
            assertThat(in.ttl()).isEqualTo(Duration.ofMinutes(1));
            assertThat(in.renewable()).isTrue();
        });
    }

    @Test
    void jwtOfTheWrongAudienceIsRefusedWithTheReason() throws Exception {
        vault.logins("")
                .putRole(
                        "jwt",
                        "gw",
                        new DoubleLogins.Role(
                                DoubleTokens.Rules.of(Duration.ofMinutes(1), Duration.ZERO, "kv/*"), "vault", "", ""));
        String jwt = vault.logins("").mintJwt("x", "other", Duration.ofHours(1));

        VaultLogin.Result result =
                VaultLogins.jwt("jwt", "gw", SecretText.of(Secret.ofText(jwt))).login(client);

        assertThat(result)
                .isInstanceOfSatisfying(
                        VaultLogin.Result.NotLoggedIn.class,
                        out -> assertThat(out.answer().problem())
                                .contains("audience")
                                .doesNotContain(jwt));
    }

    @Test
    void wrappedSecretIdIsUnwrappedOnceAndKept() throws Exception {
        vault.putAppRole("gw", "role-id", "unused", Duration.ofMinutes(1), Duration.ZERO, "kv/*");
        VaultAnswer.Ok made = (VaultAnswer.Ok) wrap("auth/approle/role/gw/secret-id");
        Path file = folder.resolve("wrapped");
        Files.writeString(
                file,
                made.body().object("wrap_info").secret("token").orElseThrow().reveal());
        VaultLogin login =
                VaultLogins.wrappedAppRole("approle", SecretText.of(Secret.ofText("role-id")), SecretText.file(file));

        assertThat(login.login(client)).isInstanceOf(VaultLogin.Result.LoggedIn.class);
        assertThat(vault.requests("sys/wrapping/unwrap")).isEqualTo(1);
        login.login(client);
        assertThat(vault.requests("sys/wrapping/unwrap")).isEqualTo(1);
    }

    /** The product never asks for wrapping, so the request is made by hand. */
    private VaultAnswer wrap(String path) throws Exception {
        var response = java.net.http.HttpClient.newHttpClient()
                .send(
                        java.net.http.HttpRequest.newBuilder(server.address().resolve("/v1/" + path))
                                .header("X-Vault-Token", VaultDouble.ROOT)
                                .header("X-Vault-Wrap-TTL", "60s")
                                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{}"))
                                .build(),
                        java.net.http.HttpResponse.BodyHandlers.ofByteArray());
        return VaultAnswers.of(response.statusCode(), response.body(), java.util.Set.of("token"), Duration.ZERO);
    }

    // TLS.

    @Test
    void trustsEveryCertificateOfItsBundleAndShowsItsOwn() throws Exception {
        Path serverStore = keyPair("server");
        Path clientStore = keyPair("client");
        Path bundle = folder.resolve("ca.pem");
        Files.writeString(bundle, certificatePem(clientStore) + certificatePem(serverStore));
        Path clientCertificate = Files.writeString(folder.resolve("client.crt"), certificatePem(clientStore));
        Path clientKey = Files.writeString(folder.resolve("client.key"), keyPem(clientStore));
        vault.logins("")
                .putRole(
                        "cert",
                        "gw",
                        DoubleLogins.Role.of(DoubleTokens.Rules.of(Duration.ofMinutes(1), Duration.ZERO, "kv/*")));
        try (VaultDoubleServer https = VaultDoubleServer.https(vault, context(serverStore, clientStore))) {
            VaultEndpoint endpoint = VaultEndpoint.of(https.address());
            try (HttpVaultClient untrusting = new HttpVaultClient(endpoint);
                    HttpVaultClient trusting = new HttpVaultClient(
                            endpoint.withCaFile(bundle).withClientCertificate(clientCertificate, clientKey))) {
                assertThat(untrusting.send(VaultRequest.read("kv/app", ROOT))).isInstanceOf(VaultAnswer.Away.class);
                assertThat(trusting.send(VaultRequest.read("kv/app", ROOT))).isInstanceOf(VaultAnswer.Ok.class);
                assertThat(VaultLogins.certificate("cert", "gw").login(trusting))
                        .isInstanceOf(VaultLogin.Result.LoggedIn.class);
            }
        }
    }

    @Test
    void bundleThatWasWrongIsReadAgainForTheNextRequest() throws Exception {
        Path serverStore = keyPair("server");
        Path otherStore = keyPair("other");
        Path bundle = Files.writeString(folder.resolve("ca.pem"), certificatePem(otherStore));
        try (VaultDoubleServer https = VaultDoubleServer.https(vault, context(serverStore, otherStore));
                HttpVaultClient trusting =
                        new HttpVaultClient(VaultEndpoint.of(https.address()).withCaFile(bundle))) {
            assertThat(trusting.send(VaultRequest.read("kv/app", ROOT))).isInstanceOf(VaultAnswer.Away.class);
            Files.writeString(bundle, certificatePem(serverStore));
            assertThat(trusting.send(VaultRequest.read("kv/app", ROOT))).isInstanceOf(VaultAnswer.Ok.class);
        }
    }

    private Path keyPair(String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "key",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        return store;
    }

    private static KeyStore load(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        return keys;
    }

    private static String certificatePem(Path store) throws Exception {
        return pem("CERTIFICATE", load(store).getCertificate("key").getEncoded());
    }

    private static String keyPem(Path store) throws Exception {
        return pem(
                "PRIVATE KEY",
                load(store).getKey("key", "changeit".toCharArray()).getEncoded());
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(der)
                + "\n-----END " + kind + "-----\n";
    }

    private static SSLContext context(Path serverStore, Path trustedClient) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(serverStore), "changeit".toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("client", load(trustedClient).getCertificate("key"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void aTokenThatCannotBeSentIsAnAnswerAndIsNotQuoted() {
        VaultAnswer answer = client.send(VaultRequest.read("kv/app", Secret.ofText("hvs.first\nhvs.second")));

        assertThat(answer).isInstanceOf(VaultAnswer.Failed.class);
        assertThat(answer.problem()).contains("token").doesNotContain("hvs.");
    }
}

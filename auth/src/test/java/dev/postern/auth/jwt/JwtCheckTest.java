package dev.postern.auth.jwt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.postern.auth.Secret;
import dev.postern.auth.client.ClientAddress;
import dev.postern.auth.client.LoginFacts;
import dev.postern.auth.client.OutsideCheck.Verdict;
import dev.postern.auth.client.Rejection;
import dev.postern.auth.client.UserMap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JwtCheckTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private RSAKey rsa;
    private ECKey ec;
    private RSAKey stranger;
    private Path file;
    private JwksCache cache;

    @BeforeAll
    void generate() throws JOSEException {
        rsa = new RSAKeyGenerator(2048).keyID("rsa").generate();
        ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
        stranger = new RSAKeyGenerator(2048).keyID("rsa").generate();
    }

    @BeforeEach
    void writeKeys(@TempDir Path dir) throws IOException {
        file = Files.writeString(dir.resolve("jwks.json"), new JWKSet(List.of(rsa, ec)).toString(true));
        cache = new JwksCache(new JwksReader(HttpClient.newHttpClient()), Runnable::run);
    }

    @Test
    void acceptsTokensOfTheIssuer() throws JOSEException {
        assertThat(check("app", signed(claims(c -> c), JWSAlgorithm.RS256, "rsa", new RSASSASigner(rsa))))
                .isEmpty();
        assertThat(check("app", signed(claims(c -> c), JWSAlgorithm.PS512, "rsa", new RSASSASigner(rsa))))
                .isEmpty();
        assertThat(check("app", signed(claims(c -> c), JWSAlgorithm.ES256, "ec", new ECDSASigner(ec))))
                .isEmpty();
        assertThat(check("writer", rs256(c -> c))).isEmpty();
    }

    @Test
    void refusesWhatTheIssuerDidNotSign() throws JOSEException {
        assertThat(check("app", signed(claims(c -> c), JWSAlgorithm.RS256, "rsa", new RSASSASigner(stranger))))
                .contains("no key of the issuer signed it");
        String good = rs256(c -> c);
        String tampered = good.substring(0, good.lastIndexOf('.') + 1)
                + rs256(c -> c.subject("other")).replaceFirst(".*\\.", "");
        assertThat(check("app", tampered)).contains("no key of the issuer signed it");
    }

    @Test
    void refusesAlgorithmsThatProveNothing() throws JOSEException {
        assertThat(check("app", new PlainJWT(claims(c -> c)).serialize())).contains("it is no signed JWT");
        // The classic: the public key taken as a shared secret.
        byte[] publicKey = rsa.toRSAPublicKey().getEncoded();
        assertThat(check("app", signed(claims(c -> c), JWSAlgorithm.HS256, "rsa", new MACSigner(publicKey))))
                .contains("algorithm HS256 is not accepted");
    }

    @Test
    void refusesTokensForOthersAndOutOfTime() throws JOSEException {
        assertThat(check("app", rs256(c -> c.issuer("https://evil")))).contains("its issuer is \"https://evil\"");
        assertThat(check("app", rs256(c -> c.audience("other")))).contains("its audience is [other]");
        assertThat(check("app", rs256(c -> c.audience(List.of("other", "postern")))))
                .isEmpty();
        assertThat(check("app", rs256(c -> c.expirationTime(null)))).contains("it never expires");
        assertThat(check("app", rs256(c -> c.expirationTime(Date.from(NOW.minusSeconds(31))))))
                .contains("it expired at 2025-12-31T23:59:29Z");
        assertThat(check("app", rs256(c -> c.expirationTime(Date.from(NOW.minusSeconds(29))))))
                .isEmpty();
        assertThat(check("app", rs256(c -> c.notBeforeTime(Date.from(NOW.plusSeconds(31))))))
                .contains("it is not valid before 2026-01-01T00:00:31Z");
        assertThat(check("postgres", rs256(c -> c))).contains("claim \"realm.roles\" does not name this role");
        assertThat(check("app", rs256(c -> c.claim("realm", "app")))).isPresent();
        assertThat(check("app", rs256(c -> c.claim("realm", Map.of("roles", "app")))))
                .isEmpty();
    }

    @Test
    void refusesWhatIsNoTokenWithoutQuotingIt() {
        for (String text : List.of("hunter2", "", "a.b.c", "....", "e30.e30.e30")) {
            assertThat(check("app", text)).isPresent().get().asString().doesNotContain("hunter2");
        }
    }

    @Test
    void readsKeysAgainWhenATokenNamesANewOne() throws IOException, JOSEException {
        assertThat(check("app", rs256(c -> c))).isEmpty();
        RSAKey rotated = new RSAKeyGenerator(2048).keyID("next").generate();
        Files.writeString(file, new JWKSet(rotated).toString(true));

        assertThat(check("app", signed(claims(c -> c), JWSAlgorithm.RS256, "next", new RSASSASigner(rotated))))
                .isEmpty();
    }

    @Test
    void readsKeysFromAUrlOnceForManyTokensAndKeepsThemWhileItIsAway() throws IOException, JOSEException {
        AtomicInteger requests = new AtomicInteger();
        AtomicReference<String> answer = new AtomicReference<>(new JWKSet(rsa).toString(true));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/keys", exchange -> {
            requests.incrementAndGet();
            byte[] body = String.valueOf(answer.get()).getBytes(UTF_8);
            exchange.sendResponseHeaders(body.length == 0 ? 503 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            JwksSource url = new JwksSource.FromUrl(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/keys"));
            for (int i = 0; i < 5; i++) {
                assertThat(check(url, "app", rs256(c -> c))).isEmpty();
            }
            assertThat(requests).hasValue(1);

            answer.set("");
            String unknownKey = signed(claims(c -> c), JWSAlgorithm.ES256, "ec", new ECDSASigner(ec));
            for (int i = 0; i < 5; i++) {
                assertThat(check(url, "app", unknownKey)).contains("no key of the issuer signed it");
            }
            assertThat(requests)
                    .as("asked again once, not for each unknown key")
                    .hasValue(2);
            assertThat(check(url, "app", rs256(c -> c))).isEmpty();
        } finally {
            server.stop(0);
        }
    }

    @Test
    void failsWhereKeysCannotBeRead() {
        for (JwksSource source : List.of(
                new JwksSource.FromFile(file.resolveSibling("missing")),
                new JwksSource.FromUrl(URI.create("http://issuer.example.com/keys")))) {
            Assertions.assertThatThrownBy(() -> check(source, "app", rs256(c -> c)))
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IOException.class);
        }
    }

    private String rs256(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
        return signed(claims(change), JWSAlgorithm.RS256, "rsa", new RSASSASigner(rsa));
    }

    private static JWTClaimsSet claims(UnaryOperator<JWTClaimsSet.Builder> change) {
        return change.apply(new JWTClaimsSet.Builder()
                        .issuer("https://issuer")
                        .audience("postern")
                        .expirationTime(Date.from(NOW.plusSeconds(60)))
                        .claim("realm", Map.of("roles", List.of("app", "writer"))))
                .build();
    }

    private static String signed(JWTClaimsSet claims, JWSAlgorithm algorithm, String key, JWSSigner signer)
            throws JOSEException {
        SignedJWT token =
                new SignedJWT(new JWSHeader.Builder(algorithm).keyID(key).build(), claims);
        token.sign(signer);
        return token.serialize();
    }

    private Optional<String> check(String user, String token) {
        return check(new JwksSource.FromFile(file), user, token);
    }

    private Optional<String> check(JwksSource source, String user, String token) {
        JwtRules rules = new JwtRules(
                source, "https://issuer", "postern", "realm.roles", UserMap.SAME_NAME, Duration.ofSeconds(30));
        JwtCheck check = new JwtCheck(rules, cache, Runnable::run, Clock.fixed(NOW, ZoneOffset.UTC));
        LoginFacts facts = new LoginFacts(
                "orders",
                user,
                "orders",
                new ClientAddress.UnixSocket(""),
                false,
                true,
                Optional.empty(),
                Optional.empty());
        Verdict verdict =
                check.check(facts, Secret.ofText(token)).toCompletableFuture().join();
        return verdict instanceof Verdict.Refused(Rejection.TokenRefused(String who, String why))
                ? Optional.of(why)
                : Optional.empty();
    }
}

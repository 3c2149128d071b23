package dev.postern.auth.password;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.Secret;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScramVerifierTest {
    /** The example of RFC 7677 section 3. */
    private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");

    private static final byte[] AUTH_MESSAGE = ("n=user,r=rOprNGfwEbeRWgbNEkqO,"
                    + "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
                    + "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
            .getBytes(UTF_8);
    private static final byte[] PROOF = Base64.getDecoder().decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    private static final byte[] SIGNATURE = Base64.getDecoder().decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

    private final ScramVerifier verifier = ScramVerifier.derive(Secret.ofText("pencil"), SALT, 4096);

    @Test
    void acceptsTheProofOfRfc7677AndSignsAsItDoes() {
        assertThat(verifier.check(AUTH_MESSAGE, PROOF)).isPresent();
        assertThat(verifier.serverSignature(AUTH_MESSAGE)).isEqualTo(SIGNATURE);
    }

    @Test
    void recoversTheKeysFromTheProof() {
        ScramKeys recovered = verifier.check(AUTH_MESSAGE, PROOF).orElseThrow();

        assertThat(recovered).isEqualTo(ScramKeys.derive(Secret.ofText("pencil"), SALT, 4096));
        assertThat(recovered.proof(AUTH_MESSAGE)).isEqualTo(PROOF);
        assertThat(recovered.serverSignature(AUTH_MESSAGE)).isEqualTo(SIGNATURE);
    }

    @Test
    void refusesAProofWithOneBitChanged() {
        byte[] wrong = PROOF.clone();
        wrong[31] ^= 1;

        assertThat(verifier.check(AUTH_MESSAGE, wrong)).isEmpty();
        assertThat(verifier.check(AUTH_MESSAGE, new byte[0])).isEmpty();
    }

    @Test
    void readsBackWhatItWrites() {
        assertThat(ScramVerifier.parse(verifier.format())).contains(verifier);
        assertThat(verifier.format()).startsWith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$");
    }

    @Test
    void refusesWhatPostgresqlDoesNotWrite() {
        String good = verifier.format();
        for (String bad : List.of(
                "",
                "SCRAM-SHA-256$",
                good.substring(0, good.length() - 4),
                good.replace("$4096:", "$0:"),
                good.replace("$4096:", "$-1:"),
                good.replace("$4096:", "$99999999999:"),
                good.replace("W22ZaJ0S", "W22 aJ0S"),
                good + " ",
                good + "=",
                "scram" + good.substring(5))) {
            assertThat(ScramVerifier.parse(bad)).as(bad).isEmpty();
        }
    }

    @Test
    void preparesPasswordsAsPostgresqlDoes() {
        // SASLprep maps a no-break space to a space, and drops a soft hyphen.
        assertThat(ScramVerifier.derive(Secret.ofText("I\u00adX"), SALT, 2).matches(Secret.ofText("IX")))
                .isTrue();
        assertThat(ScramVerifier.derive(Secret.ofText("a\u00a0b"), SALT, 2).matches(Secret.ofText("a b")))
                .isTrue();
        // What it prohibits, and what is not UTF-8, is used as it came.
        Secret notUtf8 = Secret.ofBytes(new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThat(ScramVerifier.derive(notUtf8, SALT, 2).matches(notUtf8)).isTrue();
        assertThat(ScramVerifier.derive(notUtf8, SALT, 2)
                        .matches(Secret.ofBytes(new byte[] {(byte) 0xff, (byte) 0xfd})))
                .isFalse();
    }

    @Test
    void refusesAnEmptyPassword() {
        assertThatThrownBy(() -> ScramVerifier.derive(Secret.ofText(""), 4096))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(verifier.matches(Secret.ofText(""))).isFalse();
    }

    @Test
    void doesNotPrintItself() {
        assertThat(verifier.toString()).doesNotContain("W22Z");
        assertThat(ScramKeys.derive(Secret.ofText("x"), SALT, 1).toString()).isEqualTo("ScramKeys[hidden]");
    }
}

package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keys in the resources are throw-away ones, made by openssl. */
class PemTest {
    @TempDir
    private Path directory;

    private static Path resource(String name) {
        return Path.of(Objects.requireNonNull(PemTest.class.getResource("/keys/" + name))
                .getPath());
    }

    private static PrivateKey key(String name) throws UnusableTls {
        return Pem.privateKey(PemText.read(resource(name)));
    }

    @ParameterizedTest
    @CsvSource({
        "ec-sec1.pem, ec-sec1.crt",
        "ec-pkcs8.pem, ec-sec1.crt",
        "ec384-sec1.pem, ec384-sec1.crt",
        "rsa-pkcs1.pem, rsa-pkcs1.crt",
        "rsa-pkcs8.pem, rsa-pkcs1.crt"
    })
    void readsKeysInEveryFormOpensslWrites(String key, String certificate) throws Exception {
        OwnCertificate own = OwnCertificate.load(new CertificateFiles(resource(certificate), resource(key)));
        assertThat(own.key()).isEqualTo(key(key));
        assertThat(own.chain()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"rsa-encrypted.pem, RSA PRIVATE KEY", "ec-encrypted.pem, ENCRYPTED PRIVATE KEY"})
    void refusesEncryptedKeys(String name, String label) {
        assertThatThrownBy(() -> key(name))
                .isInstanceOf(UnusableTls.class)
                .hasMessage(resource(name) + ": the " + label + " is encrypted (expected: one without a passphrase)");
    }

    @ParameterizedTest
    @CsvSource({"rsa1024, RSA-1024", "ed25519, "})
    void refusesKeysThatCannotBeServed(String name, String type) {
        CertificateFiles files = new CertificateFiles(resource(name + ".crt"), resource(name + ".pem"));
        assertThatThrownBy(() -> OwnCertificate.load(files))
                .isInstanceOf(UnusableTls.class)
                .hasMessageContaining(name)
                .hasMessageContaining(type == null ? "expected: an RSA or EC key" : "has a key of type " + type);
    }

    @Test
    void refusesAKeyThatIsNotTheCertificates() {
        CertificateFiles files = new CertificateFiles(resource("ec-sec1.crt"), resource("ec384-sec1.pem"));
        assertThatThrownBy(() -> OwnCertificate.load(files))
                .isInstanceOf(UnusableTls.class)
                .hasMessage(resource("ec384-sec1.pem") + ": this key does not match the certificate in "
                        + resource("ec-sec1.crt")
                        + " (expected: the private key of its first certificate, CN=ec-sec1)");
    }

    @Test
    void tellsBothFilesThatAreWrong() {
        CertificateFiles files =
                new CertificateFiles(directory.resolve("missing.crt"), Pki.write(directory.resolve("a.key"), " \n"));
        assertThatThrownBy(() -> OwnCertificate.load(files))
                .isInstanceOfSatisfying(
                        UnusableTls.class,
                        e -> assertThat(e.problems())
                                .extracting(TlsProblem::toString)
                                .containsExactly(
                                        directory.resolve("missing.crt") + ": no such file",
                                        directory.resolve("a.key") + ": is empty (expected: PEM)"));
    }

    @Test
    void tellsWhatAFileHoldsInstead() throws IOException {
        Path key = resource("ec-pkcs8.pem");
        assertThatThrownBy(() -> Pem.certificates(PemText.read(key)))
                .hasMessage(key + ": holds no certificate, only PRIVATE KEY (expected: BEGIN CERTIFICATE)");
        Path certificate = resource("ec-sec1.crt");
        assertThatThrownBy(() -> Pem.privateKey(PemText.read(certificate)))
                .hasMessage(certificate + ": holds no private key, only CERTIFICATE (expected: BEGIN PRIVATE KEY)");
        assertThatThrownBy(() -> Pem.revocationLists(PemText.read(certificate)))
                .hasMessage(certificate + ": holds no revocation list, only CERTIFICATE (expected: BEGIN X509 CRL)");
        Path der = Files.write(directory.resolve("a.der"), new byte[] {0x30, 3, 2, 1, 0});
        assertThatThrownBy(() -> Pem.certificates(PemText.read(der)))
                .hasMessage(der + ": is not PEM (expected: blocks from -----BEGIN to -----END)");
        assertThatThrownBy(() -> Pem.certificates(PemText.read(directory)))
                .hasMessage(directory + ": is a directory (expected: a PEM file)");
    }

    @Test
    void refusesABrokenBlock() {
        String broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assertThatThrownBy(() -> Pem.certificates(new PemText("a.crt", broken)))
                .hasMessage("a.crt: the base64 of the CERTIFICATE block is broken");
        String empty = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n";
        assertThatThrownBy(() -> Pem.certificates(new PemText("a.crt", empty)))
                .hasMessageStartingWith("a.crt: certificate 1 cannot be read: ");
        String key = "-----BEGIN EC PRIVATE KEY-----\nMAMCAQA=\n-----END EC PRIVATE KEY-----\n";
        assertThatThrownBy(() -> Pem.privateKey(new PemText("a.key", key)))
                .hasMessage("a.key: the EC PRIVATE KEY cannot be read (InvalidKeySpecException;"
                        + " expected: an RSA or EC key in PKCS#8, PKCS#1 or SEC1)");
    }

    @Test
    void readsABundleWithTextAround() throws Exception {
        String bundle = "# our CAs\n" + Files.readString(resource("ec-sec1.crt")) + "\r\nsubject=CN=x\r\n"
                + Files.readString(resource("rsa-pkcs1.crt")).replace("\n", "\r\n");
        assertThat(Pem.certificates(new PemText("bundle", bundle))).hasSize(2);
    }

    @Test
    void putsAChainInOrder() throws Exception {
        Pki root = Pki.create("Root");
        X509Bundle middle = root.issue(Pki.builder("CN=Middle").setIsCertificateAuthority(true));
        X509Bundle leaf = Pki.serverBuilder("db.example.com").buildIssuedBy(middle);
        String stranger = Pki.create("Stranger").ca().getCertificatePEM();
        String file = String.join(
                "\n",
                leaf.getCertificatePEM(),
                root.ca().getCertificatePEM(),
                stranger,
                middle.getCertificatePEM(),
                middle.getCertificatePEM());
        OwnCertificate own = OwnCertificate.load(new CertificatePem("a", file, leaf.getPrivateKeyPEM()));
        assertThat(own.chain())
                .containsExactly(
                        leaf.getCertificate(),
                        middle.getCertificate(),
                        root.ca().getCertificate());
        assertThat(own.strangers())
                .hasValueSatisfying(problem -> assertThat(problem.what())
                        .startsWith("2 certificates are not sent, they are not in the chain of CN=db.example.com"));
    }

    @Test
    void neverPrintsAKey() throws Exception {
        CertificatePem pem = new CertificatePem(
                "secret default/tls",
                Files.readString(resource("ec-sec1.crt")),
                Files.readString(resource("ec-pkcs8.pem")));
        assertThat(pem.toString()).isEqualTo("CertificatePem[secret default/tls]");
        assertThat(new PemText("a", pem.keyPem()).toString()).isEqualTo("PemText[a]");
        assertThat(OwnCertificate.load(pem).toString()).isEqualTo("OwnCertificate[secret default/tls, [ec-sec1]]");
    }
}

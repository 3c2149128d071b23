package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelBindingTest {
    @ParameterizedTest
    @CsvSource({
        "MD5withRSA, SHA-256",
        "SHA1withRSA, SHA-256",
        "SHA1withECDSA, SHA-256",
        "SHA224withRSA, SHA-224",
        "SHA256withECDSA, SHA-256",
        "sha384WithRSAEncryption, SHA-384",
        "SHA512withECDSA, SHA-512",
        "Ed25519, ",
        "RSASSA-PSS, "
    })
    void takesTheHashOfTheSignature(String signature, String hash) {
        assertThat(ChannelBinding.hashOf(signature).orElse(null)).isEqualTo(hash);
    }

    @ParameterizedTest
    @CsvSource({"ecp256, SHA-256", "ecp384, SHA-384", "rsa2048, SHA-256"})
    void hashesTheWholeCertificate(Algorithm algorithm, String hash) throws Exception {
        X509Certificate certificate =
                Pki.selfSigned(Pki.builder("CN=a").algorithm(algorithm)).getCertificate();
        assertThat(ChannelBinding.tlsServerEndPoint(certificate))
                .hasValueSatisfying(data -> assertThat(data).isEqualTo(digest(hash, certificate)));
    }

    private static byte[] digest(String hash, X509Certificate certificate) {
        try {
            return MessageDigest.getInstance(hash).digest(certificate.getEncoded());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void hasNoDataForEd25519() throws Exception {
        X509Certificate certificate =
                Pki.selfSigned(Pki.builder("CN=a").algorithm(Algorithm.ed25519)).getCertificate();
        assertThat(ChannelBinding.tlsServerEndPoint(certificate)).isEmpty();
    }
}

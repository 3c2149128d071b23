package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateChoiceTest {
    private static final Pki PKI = Pki.create("CA");

    private static OwnCertificate certificate(Algorithm algorithm, String... names) {
        X509Bundle bundle = PKI.issue(Pki.serverBuilder(names).algorithm(algorithm));
        try {
            return OwnCertificate.load(new CertificatePem(
                    algorithm + " " + names[0], bundle.getCertificatePathPEM(), bundle.getPrivateKeyPEM()));
        } catch (UnusableTls e) {
            throw new IllegalStateException(e);
        }
    }

    private static final OwnCertificate DEFAULT = certificate(Algorithm.ecp256, "default.example.com");
    private static final OwnCertificate EXACT = certificate(Algorithm.ecp256, "db.example.com");
    private static final OwnCertificate WILD = certificate(Algorithm.ecp256, "*.example.com", "example.com");
    private static final OwnCertificate RSA = certificate(Algorithm.rsa2048, "db.example.com");

    private static ClientHello named(String name) {
        return Hellos.hello(p -> p.setServerNames(List.of(new SNIHostName(name))));
    }

    @ParameterizedTest
    @CsvSource({
        "db.example.com, ecp256 db.example.com",
        "other.example.com, ecp256 *.example.com",
        "example.com, ecp256 *.example.com",
        "a.b.example.com, ecp256 default.example.com",
        "elsewhere.org, ecp256 default.example.com",
        "com, ecp256 default.example.com",
        "default.example.com, ecp256 default.example.com"
    })
    void takesTheExactNameThenTheWildcardThenTheDefault(String name, String expected) {
        CertificateChoice choice = new CertificateChoice(List.of(DEFAULT, WILD, EXACT), TlsProtocol.TLS_1_3);
        assertThat(choice.choose(named(name)).source().name()).isEqualTo(expected);
    }

    @Test
    void takesTheDefaultForAClientThatNamesNoServer() {
        CertificateChoice choice = new CertificateChoice(List.of(DEFAULT, WILD, EXACT), TlsProtocol.TLS_1_3);
        assertThat(choice.choose(Hellos.hello(p -> {}))).isSameAs(DEFAULT);
        assertThat(choice.choose(ClientHello.UNKNOWN)).isSameAs(DEFAULT);
    }

    private static ClientHello verifying(String protocol, String... schemes) {
        return Hellos.hello(p -> {
            p.setProtocols(new String[] {protocol});
            p.setSignatureSchemes(schemes);
            p.setServerNames(List.of(new SNIHostName("db.example.com")));
        });
    }

    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, EC",
        "TLSv1.3, ecdsa_secp384r1_sha384, rsa_pss_rsae_sha256, RSA",
        "TLSv1.3, rsa_pkcs1_sha256, rsa_pss_rsae_sha256, RSA",
        "TLSv1.2, ecdsa_secp256r1_sha256, rsa_pkcs1_sha256, EC",
        "TLSv1.2, ecdsa_secp384r1_sha384, rsa_pkcs1_sha256, EC",
        "TLSv1.2, rsa_pss_rsae_sha256, rsa_pkcs1_sha256, RSA"
    })
    void takesTheKeyTypeThatTheClientCanVerify(String protocol, String first, String second, String expected) {
        for (List<OwnCertificate> order : List.of(List.of(RSA, EXACT), List.of(EXACT, RSA))) {
            CertificateChoice choice = new CertificateChoice(order, TlsProtocol.TLS_1_3);
            OwnCertificate chosen = choice.choose(verifying(protocol, first, second));
            assertThat(chosen.key().getAlgorithm()).isEqualTo(expected);
        }
    }

    @Test
    void fallsBackToTheDefaultOfTheRightKeyType() {
        OwnCertificate rsaDefault = certificate(Algorithm.rsa2048, "default.example.com");
        CertificateChoice choice = new CertificateChoice(List.of(DEFAULT, rsaDefault), TlsProtocol.TLS_1_3);
        ClientHello rsaOnly = Hellos.hello(p -> p.setSignatureSchemes(new String[] {"rsa_pss_rsae_sha256"}));
        assertThat(choice.choose(rsaOnly)).isSameAs(rsaDefault);
        assertThat(choice.choose(Hellos.hello(p -> {}))).isSameAs(DEFAULT);
    }

    @Test
    void judgesByTls12WhereNewerIsOff() {
        CertificateChoice choice = new CertificateChoice(List.of(RSA, EXACT), TlsProtocol.TLS_1_2);
        ClientHello offersBoth = new ClientHello(
                Optional.of("db.example.com"),
                List.of(),
                true,
                List.of(0x1301, 0xc02f),
                List.of(0x0403, 0x0804, 0x0401),
                List.of(23));
        // It could verify ECDSA, but offers no ECDSA suite of TLS 1.2.
        assertThat(choice.choose(offersBoth)).isSameAs(RSA);
    }

    @Test
    void takesTheFirstCandidateWhereTheClientCanVerifyNone() {
        CertificateChoice choice = new CertificateChoice(List.of(DEFAULT, EXACT), TlsProtocol.TLS_1_3);
        assertThat(choice.choose(verifying("TLSv1.3", "rsa_pss_rsae_sha256"))).isSameAs(EXACT);
    }
}

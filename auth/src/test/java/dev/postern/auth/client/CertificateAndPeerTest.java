package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CertificateAndPeerTest {
    @Test
    void aCertificateStandsForTheRolesItMapsTo() throws CertificateException {
        assertThat(cert("app", List.of("app", "reader"), true))
                .isInstanceOfSatisfying(
                        Step.Accepted.class,
                        accepted -> assertThat(accepted.identity()).isEqualTo(new Identity("app", Method.CERT)));
        assertNotAllowed(cert("postgres", List.of("app", "reader"), true));
        assertNotAllowed(cert("app", List.of(), true));
        assertNotAllowed(cert("app", List.of("app"), false));
    }

    @Test
    void aPeerIsTheRoleOfItsNameOrOfTheMap() {
        assertThat(peer("app", "app", UserMap.SAME_NAME)).isInstanceOf(Step.Accepted.class);
        assertNotAllowed(peer("app", "root", UserMap.SAME_NAME));
        assertNotAllowed(peer("app", "", UserMap.SAME_NAME));
        assertThat(peer("app", "root", (system, role) -> system.equals("root"))).isInstanceOf(Step.Accepted.class);
        assertNotAllowed(new PeerAuthenticator(UserMap.SAME_NAME)
                .begin(Logins.plain("app"), Runnable::run)
                .start());
    }

    private static Step peer(String user, String peerUser, UserMap map) {
        LoginFacts facts = new LoginFacts(
                "orders",
                user,
                "orders",
                new ClientAddress.UnixSocket(peerUser),
                true,
                false,
                Optional.empty(),
                Optional.empty());
        return new PeerAuthenticator(map).begin(facts, Runnable::run).start();
    }

    private static Step cert(String user, List<String> roles, boolean shown) throws CertificateException {
        LoginFacts facts = Logins.tls(user);
        return new CertificateAuthenticator((certificate, role) -> roles.contains(role))
                .begin(
                        new LoginFacts(
                                facts.route(),
                                user,
                                facts.database(),
                                facts.address(),
                                false,
                                true,
                                Optional.empty(),
                                shown ? Optional.of(certificate()) : Optional.empty()),
                        Runnable::run)
                .start();
    }

    private static X509Certificate certificate() throws CertificateException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(CERTIFICATE.getBytes(StandardCharsets.US_ASCII)));
    }

    private static void assertNotAllowed(Step step) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Rejected.class,
                        rejected -> assertThat(rejected.why()).isInstanceOf(Rejection.NotAllowed.class));
    }

    /** CN=client, self-signed; nothing here checks who signed it. */
    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBOjCB4aADAgECAghDmXqOkhW4sTAKBggqhkjOPQQDAjARMQ8wDQYDVQQDEwZj
            bGllbnQwIBcNMjYxMTIyMDcxNzA1WhgPMjEyNjEwMjkwNzE3MDVaMBExDzANBgNV
            BAMTBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAjONtGRBI5ze+vL
            YboOrovNUWVulTsX4KpW6VrBi4nEIEyGABTEDjLUOaKG3oJyFH4ri7CicWTaFMd4
            bfamEHCjITAfMB0GA1UdDgQWBBSiN3T5oIe0hH19Iu6AW/tHOsFwfjAKBggqhkjO
            PQQDAgNIADBFAiAb3xzW+WqGQXMiHPSnPS0heHFAG56hcK2vTm7phakilwIhALdJ
            AU1LTulEGU8F8DvDu7uZAlxPK2lz3ridrRfszQZB
            -----END CERTIFICATE-----
            """;
}

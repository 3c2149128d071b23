package dev.postern.demo;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.time.Duration;
import java.time.Instant;

/**
 * A certificate authority for one run, and certificates from it. The authority's key lives in this object alone: nobody
 * can sign anything with it once the demo is gone.
 */
final class DemoCertificates {
    private static final Duration VALIDITY = Duration.ofDays(30);

    private final X509Bundle authority;

    private DemoCertificates(X509Bundle authority) {
        this.authority = authority;
    }

    static DemoCertificates create() throws Exception {
        return new DemoCertificates(builder("Postern demo CA")
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign)
                .buildSelfSigned());
    }

    /** A server certificate for {@code localhost} and the loopback addresses; P-256, the cheapest handshake. */
    X509Bundle issueForLocalhost(String commonName) throws Exception {
        return builder(commonName)
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .addSanIpAddress("::1")
                .setKeyUsage(true, KeyUsage.digitalSignature)
                .addExtendedKeyUsageServerAuth()
                .buildIssuedBy(authority);
    }

    String authorityPem() {
        return authority.getCertificatePEM();
    }

    private static CertificateBuilder builder(String commonName) {
        Instant now = Instant.now();
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=" + commonName)
                .notBefore(now.minus(Duration.ofHours(1)))
                .notAfter(now.plus(VALIDITY));
    }
}

package dev.postern.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** A throw-away CA, and PEM files made from it. */
final class Pki {
    static final Duration YEAR = Duration.ofDays(365);

    private final X509Bundle ca;

    private Pki(X509Bundle ca) {
        this.ca = ca;
    }

    static Pki create(String name) {
        try {
            return new Pki(builder("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .setKeyUsage(
                            true,
                            CertificateBuilder.KeyUsage.keyCertSign,
                            CertificateBuilder.KeyUsage.cRLSign,
                            CertificateBuilder.KeyUsage.digitalSignature)
                    .buildSelfSigned());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    X509Bundle ca() {
        return ca;
    }

    /** Valid from a day ago for a year, P-256. */
    static CertificateBuilder builder(String subject) {
        Instant now = Instant.now();
        return new CertificateBuilder()
                .subject(subject)
                .ecp256()
                .notBefore(now.minus(Duration.ofDays(1)))
                .notAfter(now.plus(YEAR));
    }

    static CertificateBuilder serverBuilder(String... dnsNames) {
        CertificateBuilder builder = builder("CN=" + dnsNames[0]).addExtendedKeyUsageServerAuth();
        for (String name : dnsNames) {
            builder.addSanDnsName(name);
        }
        return builder;
    }

    X509Bundle issue(CertificateBuilder builder) {
        try {
            return builder.buildIssuedBy(ca);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    X509Bundle server(String... dnsNames) {
        return issue(serverBuilder(dnsNames));
    }

    X509Bundle client(String commonName) {
        return issue(builder("CN=" + commonName).addExtendedKeyUsageClientAuth());
    }

    Path caFile(Path directory) {
        return write(directory.resolve("ca-" + System.identityHashCode(this) + ".crt"), ca.getCertificatePEM());
    }

    static CertificateFiles write(Path directory, String name, X509Bundle bundle) {
        return new CertificateFiles(
                write(directory.resolve(name + ".crt"), bundle.getCertificatePathPEM()),
                write(directory.resolve(name + ".key"), bundle.getPrivateKeyPEM()));
    }

    static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

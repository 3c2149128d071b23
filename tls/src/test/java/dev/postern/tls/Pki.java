package dev.postern.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.RevocationServer;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/** A throw-away CA, and PEM files made from it. */
final class Pki {
    static final Duration YEAR = Duration.ofDays(365);

    private final X509Bundle ca;

    private Pki(X509Bundle ca) {
        this.ca = ca;
    }

    static Pki create(String name) {
        return create(name, CertificateBuilder.Algorithm.ecp256);
    }

    static Pki create(String name, CertificateBuilder.Algorithm algorithm) {
        return new Pki(selfSigned(builder("CN=" + name)
                .algorithm(algorithm)
                .setKeyUsage(
                        true,
                        CertificateBuilder.KeyUsage.keyCertSign,
                        CertificateBuilder.KeyUsage.cRLSign,
                        CertificateBuilder.KeyUsage.digitalSignature)));
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
        return withDnsNames(builder("CN=" + dnsNames[0]).addExtendedKeyUsageServerAuth(), dnsNames);
    }

    /** The builder's own method takes no wildcards: SubjectAltName ::= SEQUENCE OF GeneralName, [2] is dNSName. */
    private static CertificateBuilder withDnsNames(CertificateBuilder builder, String... dnsNames) {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        for (String name : dnsNames) {
            names.write(0x82);
            names.write(name.length());
            names.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        }
        if (names.size() > 127) {
            throw new IllegalArgumentException("too many names for a length of one byte");
        }
        ByteArrayOutputStream sequence = new ByteArrayOutputStream();
        sequence.write(0x30);
        sequence.write(names.size());
        sequence.writeBytes(names.toByteArray());
        return builder.addExtensionOctetString("2.5.29.17", false, sequence.toByteArray());
    }

    static X509Bundle selfSigned(CertificateBuilder builder) {
        try {
            return builder.setIsCertificateAuthority(true).buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
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
        return write(directory.resolve(name() + ".crt"), ca.getCertificatePEM());
    }

    private String name() {
        return ca.getCertificate().getSubjectX500Principal().getName().substring("CN=".length());
    }

    /** A revocation list of this CA that names these. */
    Path crlFile(Path directory, X509Bundle... revoked) {
        try {
            RevocationServer server = RevocationServer.getInstance();
            server.register(ca);
            for (X509Bundle bundle : revoked) {
                server.revoke(bundle, Instant.now().minus(Duration.ofHours(1)));
            }
            try (InputStream list = server.getCrlUri(ca).toURL().openStream()) {
                String base64 = Base64.getMimeEncoder().encodeToString(list.readAllBytes());
                return write(
                        directory.resolve(name() + ".crl"),
                        "-----BEGIN X509 CRL-----\n" + base64 + "\n-----END X509 CRL-----\n");
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static CertificateBuilder expired(CertificateBuilder builder) {
        return builder.notBefore(Instant.now().minus(Duration.ofDays(30)))
                .notAfter(Instant.now().minus(Duration.ofDays(1)));
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

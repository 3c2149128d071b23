package dev.postern.gateway.it.harness;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.RevocationServer;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * A throw-away certificate authority and what it issued, as PEM files and as JSSE objects. Read-only after it is made.
 */
public final class Certificates {
    /** Long enough that nobody warns of its end. */
    private static final Duration LIFE = Duration.ofDays(90);

    private static final Certificates SHARED = create();

    private final Path directory;
    private final X509Bundle authority;

    private Certificates(Path directory, X509Bundle authority) {
        this.directory = directory;
        this.authority = authority;
    }

    /** The authority that both the gateway's and the servers' certificates come from in most scenarios. */
    public static Certificates shared() {
        return SHARED;
    }

    /** A new authority, which nobody trusts unless told to. */
    public static Certificates create() {
        try {
            Path directory = TemporaryFolders.create("certificates");
            X509Bundle authority = new CertificateBuilder()
                    .subject("CN=Postern test authority")
                    .notAfter(Instant.now().plus(LIFE))
                    .setIsCertificateAuthority(true)
                    .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign, CertificateBuilder.KeyUsage.cRLSign)
                    .ecp256()
                    .buildSelfSigned();
            Files.writeString(directory.resolve("ca.crt"), authority.getCertificatePEM());
            return new Certificates(directory, authority);
        } catch (Exception e) {
            throw new IllegalStateException("no certificate authority", e);
        }
    }

    public Path caFile() {
        return directory.resolve("ca.crt");
    }

    /** Issues a server certificate for {@code localhost} and 127.0.0.1; the files appear beside the authority's. */
    public KeyPairFiles issueForLocalhost(String name) {
        return issue(name, true);
    }

    /** Issues a server certificate for another host: verify-ca accepts it, verify-full does not. */
    public KeyPairFiles issueForElsewhere(String name) {
        return issue(name, false);
    }

    /** Issues a server certificate for these names, with a P-256 or an RSA-2048 key. */
    public KeyPairFiles issueFor(String name, boolean rsa, String... dnsNames) {
        try {
            CertificateBuilder builder = new CertificateBuilder()
                    .subject("CN=" + dnsNames[0])
                    .notAfter(Instant.now().plus(LIFE))
                    .addExtendedKeyUsageServerAuth();
            for (String dnsName : dnsNames) {
                builder.addSanDnsName(dnsName);
            }
            return write(name, (rsa ? builder.rsa2048() : builder.ecp256()).buildIssuedBy(authority));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("no certificate for " + name, e);
        }
    }

    /** Issues a client's certificate with this common name. */
    public KeyPairFiles issueForClient(String name, String commonName) {
        try {
            X509Bundle bundle = new CertificateBuilder()
                    .subject("CN=" + commonName)
                    .notAfter(Instant.now().plus(LIFE))
                    .addExtendedKeyUsageClientAuth()
                    .ecp256()
                    .buildIssuedBy(authority);
            return write(name, bundle);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("no certificate for " + name, e);
        }
    }

    /** A list of this authority's that revokes these. */
    public Path crlFile(KeyPairFiles... revoked) {
        try {
            RevocationServer server = RevocationServer.getInstance();
            server.register(authority);
            for (KeyPairFiles files : revoked) {
                server.revoke(files.bundle(), Instant.now().minus(Duration.ofHours(1)));
            }
            try (InputStream list = server.getCrlUri(authority).toURL().openStream()) {
                String base64 = Base64.getMimeEncoder().encodeToString(list.readAllBytes());
                return Files.writeString(
                        directory.resolve("ca.crl"),
                        "-----BEGIN X509 CRL-----\n" + base64 + "\n-----END X509 CRL-----\n");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("no revocation list", e);
        }
    }

    private KeyPairFiles issue(String name, boolean localhost) {
        try {
            CertificateBuilder builder = new CertificateBuilder()
                    .subject(localhost ? "CN=localhost" : "CN=elsewhere.example.com")
                    .notAfter(Instant.now().plus(LIFE))
                    .addExtendedKeyUsageServerAuth()
                    .ecp256();
            if (localhost) {
                builder.addSanDnsName("localhost").addSanIpAddress("127.0.0.1");
            } else {
                builder.addSanDnsName("elsewhere.example.com");
            }
            return write(name, builder.buildIssuedBy(authority));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException("no certificate for " + name, e);
        }
    }

    private KeyPairFiles write(String name, X509Bundle bundle) throws IOException {
        KeyPairFiles files =
                new KeyPairFiles(directory.resolve(name + ".crt"), directory.resolve(name + ".key"), bundle);
        Files.writeString(files.certificate(), bundle.getCertificatePathPEM());
        Files.writeString(files.key(), bundle.getPrivateKeyPEM());
        // PostgreSQL refuses a key that others may read.
        Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-------"));
        return files;
    }

    /** As {@link #clientContext()}, and shows a certificate when asked. */
    public SSLContext clientContext(KeyPairFiles shown) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    shown.bundle().toKeyManagerFactory().getKeyManagers(),
                    new TrustManager[] {authority.toTrustManager()},
                    null);
            return context;
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException("no TLS context", e);
        }
    }

    /** A client's context that trusts this authority alone. It does not check host names: that is the socket's part. */
    public SSLContext clientContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {authority.toTrustManager()}, null);
            return context;
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException("no TLS context", e);
        }
    }

    /** Certificate chain and key in PEM, and the same as objects. */
    public record KeyPairFiles(Path certificate, Path key, X509Bundle bundle) {
        /** The same, and takes clients' certificates of this authority. */
        public SSLContext serverContext(Certificates clients) {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(
                        bundle.toKeyManagerFactory().getKeyManagers(),
                        new TrustManager[] {clients.authority.toTrustManager()},
                        null);
                return context;
            } catch (java.security.GeneralSecurityException e) {
                throw new IllegalStateException("no TLS context", e);
            }
        }

        /** A server's context with this certificate. */
        public SSLContext serverContext() {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(bundle.toKeyManagerFactory().getKeyManagers(), null, null);
                return context;
            } catch (java.security.GeneralSecurityException e) {
                throw new IllegalStateException("no TLS context", e);
            }
        }
    }
}

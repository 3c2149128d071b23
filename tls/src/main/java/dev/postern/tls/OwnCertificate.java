package dev.postern.tls;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A certificate chain with its key, read and found to belong together.
 *
 * @param source where it came from
 * @param chain the leaf first
 * @param key the leaf's private key
 * @param names the DNS names it is good for, lower case, wildcards as {@code *.example.com}
 * @param leftOut how many certificates of the file do not belong to the chain, and are not sent
 */
record OwnCertificate(
        CertificateSource source, List<X509Certificate> chain, PrivateKey key, Set<String> names, int leftOut) {

    static OwnCertificate load(CertificateSource source) throws UnusableTls {
        return switch (source) {
            case CertificateFiles files ->
                load(
                        files,
                        () -> PemText.read(files.certFile()),
                        files.keyFile().toString(),
                        () -> PemText.read(files.keyFile()));
            case CertificatePem pem ->
                load(
                        pem,
                        () -> new PemText(pem.name(), pem.certificatePem()),
                        pem.name(),
                        () -> new PemText(pem.name(), pem.keyPem()));
        };
    }

    private interface Text {
        PemText read() throws UnusableTls;
    }

    private static OwnCertificate load(CertificateSource source, Text certificateText, String keySource, Text keyText)
            throws UnusableTls {
        List<TlsProblem> problems = new ArrayList<>();
        Optional<List<X509Certificate>> chain = Optional.empty();
        Optional<PrivateKey> key = Optional.empty();
        try {
            chain = Optional.of(Pem.certificates(certificateText.read()));
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        try {
            key = Optional.of(Pem.privateKey(keyText.read()));
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        if (chain.isEmpty() || key.isEmpty()) {
            throw new UnusableTls(problems);
        }
        X509Certificate leaf = chain.get().getFirst();
        checkKey(source, leaf.getPublicKey());
        if (!PrivateKeys.belongTogether(key.get(), leaf.getPublicKey())) {
            throw new UnusableTls(
                    keySource,
                    "this key does not match the certificate in " + source.name()
                            + " (expected: the private key of its first certificate, "
                            + leaf.getSubjectX500Principal().getName() + ")");
        }
        List<X509Certificate> ordered = ordered(chain.get());
        return new OwnCertificate(
                source,
                ordered,
                key.get(),
                CertificateNames.serverNames(leaf),
                chain.get().size() - ordered.size());
    }

    /** The first certificate, then the issuer of each one as far as the file holds it, in whatever order. */
    private static List<X509Certificate> ordered(List<X509Certificate> all) {
        List<X509Certificate> chain = new ArrayList<>();
        Optional<X509Certificate> next = Optional.of(all.getFirst());
        while (next.isPresent()) {
            X509Certificate last = next.get();
            chain.add(last);
            next = all.stream()
                    .filter(other -> !chain.contains(other)
                            && other.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
                    .findFirst();
        }
        return List.copyOf(chain);
    }

    private static void checkKey(CertificateSource source, PublicKey key) throws UnusableTls {
        boolean known = key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= 2048
                || key instanceof ECPublicKey ec && CertificateChoice.knowsCurveOf(ec);
        if (!known) {
            throw new UnusableTls(
                    source.name(),
                    "has a key of type " + describe(key)
                            + " (expected: RSA of 2048 bits or more, or EC on P-256, P-384 or P-521)");
        }
    }

    static String describe(PublicKey key) {
        return switch (key) {
            case RSAPublicKey rsa -> "RSA-" + rsa.getModulus().bitLength();
            case ECPublicKey ec -> "EC-" + ec.getParams().getOrder().bitLength();
            default -> key.getAlgorithm();
        };
    }

    X509Certificate leaf() {
        return chain.getFirst();
    }

    X509Certificate[] chainArray() {
        return chain.toArray(X509Certificate[]::new);
    }

    /** Why no client would accept it at this time; empty where the leaf is in force. */
    Optional<TlsProblem> outOfForce(Instant now) {
        if (now.isAfter(leaf().getNotAfter().toInstant())) {
            return Optional.of(new TlsProblem(
                    source.name(),
                    "the certificate has expired on " + leaf().getNotAfter().toInstant()));
        }
        if (now.isBefore(leaf().getNotBefore().toInstant())) {
            return Optional.of(new TlsProblem(
                    source.name(),
                    "the certificate is not valid before "
                            + leaf().getNotBefore().toInstant()));
        }
        return Optional.empty();
    }

    /** Certificates in the file that lead nowhere: rarely what was meant. */
    Optional<TlsProblem> strangers() {
        return leftOut == 0
                ? Optional.empty()
                : Optional.of(new TlsProblem(
                        source.name(),
                        leftOut + " certificates are not sent, they are not in the chain of "
                                + leaf().getSubjectX500Principal().getName()
                                + " (expected: the server's certificate first, then each one's issuer)"));
    }

    CertificateStatus status() {
        try {
            return CertificateStatus.of(this);
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("cannot encode a certificate that was just read", e);
        }
    }

    /** Hides the key. */
    @Override
    public String toString() {
        return "OwnCertificate[" + source.name() + ", " + names + "]";
    }
}

package dev.postern.tls;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A certificate chain with its key, read and checked: what a listener serves.
 *
 * @param files where it came from
 * @param chain the leaf first
 * @param key the leaf's private key
 * @param names the DNS names it is good for, lower case, wildcards as {@code *.example.com}
 */
record ServerCertificate(CertificateFiles files, List<X509Certificate> chain, PrivateKey key, Set<String> names) {

    static ServerCertificate load(CertificateFiles files) throws UnusableTls {
        List<TlsProblem> problems = new ArrayList<>();
        List<X509Certificate> chain = List.of();
        PrivateKey key = null;
        try {
            chain = Pem.certificates(files.certFile());
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        try {
            key = Pem.privateKey(files.keyFile());
        } catch (UnusableTls e) {
            problems.addAll(e.problems());
        }
        if (key == null || !problems.isEmpty()) {
            throw new UnusableTls(problems);
        }
        X509Certificate leaf = chain.getFirst();
        PublicKey publicKey = leaf.getPublicKey();
        if (!(publicKey instanceof RSAKey || publicKey instanceof ECPublicKey)) {
            throw new UnusableTls(
                    files.certFile(), "has a key of type " + publicKey.getAlgorithm() + " (expected: RSA or EC)");
        }
        if (!PrivateKeys.belongTogether(key, publicKey)) {
            throw new UnusableTls(
                    files.keyFile(),
                    "this key does not match the certificate in " + files.certFile()
                            + " (expected: the private key of its first certificate, "
                            + leaf.getSubjectX500Principal().getName() + ")");
        }
        return new ServerCertificate(files, List.copyOf(chain), key, Set.copyOf(CertificateNames.serverNames(leaf)));
    }

    X509Certificate leaf() {
        return chain.getFirst();
    }

    boolean isEc() {
        return leaf().getPublicKey() instanceof ECPublicKey;
    }

    X509Certificate[] chainArray() {
        return chain.toArray(X509Certificate[]::new);
    }

    boolean sameChain(ServerCertificate other) {
        return chain.equals(other.chain);
    }

    boolean covers(String name) {
        return names.contains(name) || names.contains(wildcardOf(name));
    }

    /** {@code *.example.com} of {@code db.example.com}; without a dot, the name itself. */
    static String wildcardOf(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name : "*" + name.substring(dot);
    }

    /** Hides the key. */
    @Override
    public String toString() {
        return "ServerCertificate[" + files.certFile() + ", "
                + names.stream().sorted().toList() + "]";
    }

    static String normalize(String serverName) {
        String lower = serverName.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    static boolean isAscii(String text) {
        return Arrays.stream(text.chars().toArray()).allMatch(c -> c < 0x80);
    }
}

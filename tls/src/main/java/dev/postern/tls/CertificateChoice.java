package dev.postern.tls;

import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which certificate a client gets. By name: those with the exact name, then those with a wildcard for its left-most
 * label, then the default, which is the first one listed and those with the same names. Among certificates of one rank
 * the first that the client can verify, EC before RSA because it costs a third. Where the client can use none, the first
 * candidate: the library then refuses with the right alert.
 */
final class CertificateChoice {
    private static final int RSA_PSS_RSAE_SHA256 = 0x0804;
    private static final int RSA_PSS_RSAE_SHA512 = 0x0806;
    private static final Set<Integer> ECDSA_SCHEMES = Set.of(0x0403, 0x0503, 0x0603);
    private static final Set<Integer> RSA_PKCS1_SCHEMES = Set.of(0x0401, 0x0501, 0x0601, 0x0201);
    /** ECDHE_ECDSA suites that BoringSSL has for TLS 1.2. */
    private static final Set<Integer> ECDSA_SUITES = Set.of(0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c, 0xcca9);

    private record Curve(int bits, int tls13Scheme, int group) {}

    private static final List<Curve> CURVES =
            List.of(new Curve(256, 0x0403, 23), new Curve(384, 0x0503, 24), new Curve(521, 0x0603, 25));

    private final Map<String, List<OwnCertificate>> byName = new HashMap<>();
    private final List<OwnCertificate> defaults = new ArrayList<>();
    private final TlsProtocol maximum;
    private final boolean single;

    CertificateChoice(List<OwnCertificate> certificates, TlsProtocol maximum) {
        this.maximum = maximum;
        this.single = certificates.size() == 1;
        OwnCertificate first = certificates.getFirst();
        for (OwnCertificate certificate : certificates) {
            for (String name : certificate.names()) {
                byName.computeIfAbsent(name, n -> new ArrayList<>()).add(certificate);
            }
            if (certificate == first || certificate.names().equals(first.names())) {
                defaults.add(certificate);
            }
        }
        byName.values().forEach(CertificateChoice::ecFirst);
        ecFirst(defaults);
    }

    OwnCertificate choose(ClientHello hello) {
        if (single) {
            return defaults.getFirst();
        }
        Set<OwnCertificate> candidates = new LinkedHashSet<>();
        hello.serverName().ifPresent(name -> {
            candidates.addAll(byName.getOrDefault(name, List.of()));
            candidates.addAll(byName.getOrDefault(CertificateNames.wildcardOf(name), List.of()));
        });
        candidates.addAll(defaults);
        return candidates.stream()
                .filter(candidate -> canVerify(hello, candidate))
                .findFirst()
                .orElse(candidates.iterator().next());
    }

    private boolean canVerify(ClientHello hello, OwnCertificate certificate) {
        boolean tls13 = hello.tls13() && maximum == TlsProtocol.TLS_1_3;
        if (certificate.leaf().getPublicKey() instanceof ECPublicKey key) {
            return canVerifyEc(hello, tls13, key);
        }
        List<Integer> schemes = hello.signatureSchemes();
        boolean pss = schemes.stream().anyMatch(s -> s >= RSA_PSS_RSAE_SHA256 && s <= RSA_PSS_RSAE_SHA512);
        if (tls13) {
            return pss;
        }
        return schemes.isEmpty() || pss || schemes.stream().anyMatch(RSA_PKCS1_SCHEMES::contains);
    }

    private static boolean canVerifyEc(ClientHello hello, boolean tls13, ECPublicKey key) {
        Optional<Curve> curve = curveOf(key);
        if (curve.isEmpty()) {
            return false;
        }
        if (tls13) {
            return hello.signatureSchemes().contains(curve.get().tls13Scheme);
        }
        return hello.signatureSchemes().stream().anyMatch(ECDSA_SCHEMES::contains)
                && hello.cipherSuites().stream().anyMatch(ECDSA_SUITES::contains)
                && hello.groups().contains(curve.get().group);
    }

    static boolean knowsCurveOf(ECPublicKey key) {
        return curveOf(key).isPresent();
    }

    private static Optional<Curve> curveOf(ECPublicKey key) {
        int bits = key.getParams().getOrder().bitLength();
        return CURVES.stream().filter(curve -> curve.bits == bits).findFirst();
    }

    static boolean isEc(OwnCertificate certificate) {
        return certificate.leaf().getPublicKey() instanceof ECPublicKey;
    }

    private static void ecFirst(List<OwnCertificate> certificates) {
        certificates.sort((a, b) -> Boolean.compare(isEc(b), isEc(a)));
    }
}

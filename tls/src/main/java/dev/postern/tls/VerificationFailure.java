package dev.postern.tls;

import io.netty.internal.tcnative.CertificateVerifier;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateRevokedException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Why a peer's certificate was refused.
 *
 * @param text libpq's words where it has any, and what to look at
 * @param errorCode OpenSSL's X509_V_ERR code, from which the library makes the alert
 */
record VerificationFailure(String text, int errorCode) {
    private static final String FAILED = "certificate verify failed: ";

    static VerificationFailure of(
            X509Certificate[] chain, String host, String authorities, CertificateException cause) {
        X509Certificate leaf = chain[0];
        if (has(cause, CertificateExpiredException.class::isInstance) || has(cause, reason(BasicReason.EXPIRED))) {
            return new VerificationFailure(
                    FAILED + "certificate has expired (" + validity(chain) + ")",
                    CertificateVerifier.X509_V_ERR_CERT_HAS_EXPIRED);
        }
        if (has(cause, CertificateNotYetValidException.class::isInstance)
                || has(cause, reason(BasicReason.NOT_YET_VALID))) {
            return new VerificationFailure(
                    FAILED + "certificate is not yet valid (" + validity(chain) + ")",
                    CertificateVerifier.X509_V_ERR_CERT_NOT_YET_VALID);
        }
        if (has(cause, CertificateRevokedException.class::isInstance) || has(cause, reason(BasicReason.REVOKED))) {
            return new VerificationFailure(
                    FAILED + "certificate revoked (" + subject(leaf) + ", serial "
                            + leaf.getSerialNumber().toString(16) + ")",
                    CertificateVerifier.X509_V_ERR_CERT_REVOKED);
        }
        if (has(cause, reason(BasicReason.UNDETERMINED_REVOCATION_STATUS))) {
            return new VerificationFailure(
                    FAILED + "unable to get certificate CRL (expected: a current revocation list of each issuer of "
                            + subject(leaf) + ")",
                    CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_CRL);
        }
        if (has(cause, CertPathBuilderException.class::isInstance)) {
            return untrusted(leaf, chain, authorities);
        }
        String message = cause.getMessage();
        if (!host.isEmpty() && message != null && message.startsWith("No ")) {
            // The JDK's host name check tells itself apart by its words alone: "No name matching ...".
            return new VerificationFailure(
                    "server certificate for " + names(leaf) + " does not match host name \"" + host + "\"",
                    CertificateVerifier.X509_V_ERR_HOSTNAME_MISMATCH);
        }
        return new VerificationFailure(
                FAILED + message + " (" + subject(leaf) + ")", CertificateVerifier.X509_V_ERR_CERT_REJECTED);
    }

    private static VerificationFailure untrusted(X509Certificate leaf, X509Certificate[] chain, String authorities) {
        boolean selfSigned = leaf.getIssuerX500Principal().equals(leaf.getSubjectX500Principal());
        X509Certificate last = chain[chain.length - 1];
        return selfSigned
                ? new VerificationFailure(
                        FAILED + "self-signed certificate (" + subject(leaf) + " is not in " + authorities + ")",
                        CertificateVerifier.X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
                : new VerificationFailure(
                        FAILED + "unable to get local issuer certificate (no CA in " + authorities + " issued "
                                + subject(leaf) + "; its chain ends at issuer \""
                                + last.getIssuerX500Principal().getName() + "\")",
                        CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    }

    private static boolean has(Throwable failure, Predicate<Throwable> condition) {
        Optional<Throwable> next = Optional.of(failure);
        // No cycle is that long: what the JDK nests here is three deep.
        for (int depth = 0; depth < 10 && next.isPresent(); depth++) {
            if (condition.test(next.get())) {
                return true;
            }
            next = Optional.ofNullable(next.get().getCause());
        }
        return false;
    }

    private static Predicate<Throwable> reason(BasicReason reason) {
        return failure -> failure instanceof CertPathValidatorException path && path.getReason() == reason;
    }

    private static String validity(X509Certificate[] chain) {
        List<String> parts = new ArrayList<>();
        for (X509Certificate certificate : chain) {
            parts.add(subject(certificate) + " is valid from "
                    + certificate.getNotBefore().toInstant() + " to "
                    + certificate.getNotAfter().toInstant());
        }
        return String.join("; ", parts);
    }

    private static String names(X509Certificate leaf) {
        List<String> names = new ArrayList<>(CertificateNames.serverNames(leaf));
        names.addAll(CertificateNames.alternativeNames(leaf, CertificateNames.IP));
        if (names.isEmpty()) {
            return subject(leaf);
        }
        String first = "\"" + names.getFirst() + "\"";
        return names.size() == 1
                ? first
                : first + " (and " + (names.size() - 1) + (names.size() == 2 ? " other name)" : " other names)");
    }

    private static String subject(X509Certificate certificate) {
        return "\"" + certificate.getSubjectX500Principal().getName() + "\"";
    }
}

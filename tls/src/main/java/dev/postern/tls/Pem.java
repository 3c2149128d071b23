package dev.postern.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads PEM (RFC 7468): text around the blocks is allowed, blocks of other kinds are passed over. Every refusal says
 * where, what was found and what was expected.
 */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*+(?:-(?!----)[^-]*+)*+)-----END \\1-----");

    private record Block(String label, byte[] der) {}

    private Pem() {}

    static List<X509Certificate> certificates(PemText pem) throws UnusableTls {
        List<Block> blocks = blocks(pem);
        CertificateFactory factory = x509();
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
                try {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der)));
                } catch (CertificateException e) {
                    throw new UnusableTls(
                            pem.source(),
                            "certificate " + (certificates.size() + 1) + " cannot be read: " + e.getMessage());
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new UnusableTls(
                    pem.source(), "holds no certificate, only " + labels(blocks) + " (expected: BEGIN CERTIFICATE)");
        }
        return List.copyOf(certificates);
    }

    static List<X509CRL> revocationLists(PemText pem) throws UnusableTls {
        List<Block> blocks = blocks(pem);
        CertificateFactory factory = x509();
        List<X509CRL> lists = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label.equals("X509 CRL")) {
                try {
                    lists.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(block.der)));
                } catch (CRLException e) {
                    throw new UnusableTls(
                            pem.source(),
                            "revocation list " + (lists.size() + 1) + " cannot be read: " + e.getMessage());
                }
            }
        }
        if (lists.isEmpty()) {
            throw new UnusableTls(
                    pem.source(), "holds no revocation list, only " + labels(blocks) + " (expected: BEGIN X509 CRL)");
        }
        return List.copyOf(lists);
    }

    static PrivateKey privateKey(PemText pem) throws UnusableTls {
        List<Block> blocks = blocks(pem);
        for (Block block : blocks) {
            try {
                switch (block.label) {
                    case "PRIVATE KEY":
                        return PrivateKeys.fromPkcs8(block.der);
                    case "RSA PRIVATE KEY":
                        return PrivateKeys.fromPkcs1(block.der);
                    case "EC PRIVATE KEY":
                        return PrivateKeys.fromSec1(block.der);
                    case "ENCRYPTED PRIVATE KEY":
                        throw encrypted(pem, block.label);
                    default:
                        // EC PARAMETERS, or the certificate in the same file: not the key.
                        break;
                }
            } catch (GeneralSecurityException e) {
                // The exception may quote bytes of the key: only its kind is told.
                throw new UnusableTls(
                        pem.source(),
                        "the " + block.label + " cannot be read ("
                                + e.getClass().getSimpleName()
                                + "; expected: an RSA or EC key in PKCS#8, PKCS#1 or SEC1)");
            }
        }
        throw new UnusableTls(
                pem.source(), "holds no private key, only " + labels(blocks) + " (expected: BEGIN PRIVATE KEY)");
    }

    private static List<Block> blocks(PemText pem) throws UnusableTls {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(pem.text());
        while (matcher.find()) {
            String label = matcher.group(1);
            String body = matcher.group(2);
            if (body.contains("Proc-Type: 4,ENCRYPTED")) {
                throw encrypted(pem, label);
            }
            try {
                blocks.add(new Block(label, Base64.getDecoder().decode(body.replaceAll("\\s", ""))));
            } catch (IllegalArgumentException e) {
                throw new UnusableTls(pem.source(), "the base64 of the " + label + " block is broken");
            }
        }
        if (blocks.isEmpty()) {
            throw new UnusableTls(
                    pem.source(),
                    pem.text().isBlank()
                            ? "is empty (expected: PEM)"
                            : "is not PEM (expected: blocks from -----BEGIN to -----END)");
        }
        return blocks;
    }

    private static UnusableTls encrypted(PemText pem, String label) {
        return new UnusableTls(pem.source(), "the " + label + " is encrypted (expected: one without a passphrase)");
    }

    private static String labels(List<Block> blocks) {
        return blocks.stream().map(Block::label).distinct().collect(Collectors.joining(", "));
    }

    private static CertificateFactory x509() {
        try {
            return CertificateFactory.getInstance("X.509");
        } catch (CertificateException e) {
            throw new IllegalStateException("this JDK has no X.509", e);
        }
    }
}

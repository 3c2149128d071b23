package dev.postern.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
 * Reads PEM files (RFC 7468): text around the blocks is allowed, blocks of other kinds are passed over. Every refusal
 * says which file, what was found and what was expected. Blocking: for start and for virtual threads.
 */
final class Pem {
    /** No certificate or revocation list that serves a handshake is near this; in bytes. */
    private static final long MAX_FILE_SIZE = 16 * 1024 * 1024;

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*([^-]*?)\\s*-----END \\1-----");

    private record Block(String label, byte[] der) {}

    private Pem() {}

    static List<X509Certificate> certificates(Path file) throws UnusableTls {
        List<Block> blocks = blocks(file);
        CertificateFactory factory = x509();
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
                try {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der)));
                } catch (CertificateException e) {
                    throw new UnusableTls(
                            file, "certificate " + (certificates.size() + 1) + " cannot be read: " + e.getMessage());
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new UnusableTls(
                    file, "holds no certificate, only " + labels(blocks) + " (expected: BEGIN CERTIFICATE)");
        }
        return certificates;
    }

    static List<X509CRL> revocationLists(Path file) throws UnusableTls {
        List<Block> blocks = blocks(file);
        CertificateFactory factory = x509();
        List<X509CRL> lists = new ArrayList<>();
        for (Block block : blocks) {
            if (block.label.equals("X509 CRL")) {
                try {
                    lists.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(block.der)));
                } catch (CRLException e) {
                    throw new UnusableTls(
                            file, "revocation list " + (lists.size() + 1) + " cannot be read: " + e.getMessage());
                }
            }
        }
        if (lists.isEmpty()) {
            throw new UnusableTls(
                    file, "holds no revocation list, only " + labels(blocks) + " (expected: BEGIN X509 CRL)");
        }
        return lists;
    }

    static PrivateKey privateKey(Path file) throws UnusableTls {
        List<Block> blocks = blocks(file);
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
                        throw new UnusableTls(
                                file, "the private key is encrypted (expected: one without a passphrase)");
                    default:
                        // EC PARAMETERS, a certificate in the same file: not the key.
                        break;
                }
            } catch (java.security.GeneralSecurityException e) {
                // The cause may quote bytes of the key: only its kind is told.
                throw new UnusableTls(
                        file,
                        "the " + block.label + " cannot be read ("
                                + e.getClass().getSimpleName()
                                + "; expected: an RSA or EC key in PKCS#8, PKCS#1 or SEC1)");
            }
        }
        throw new UnusableTls(file, "holds no private key, only " + labels(blocks) + " (expected: BEGIN PRIVATE KEY)");
    }

    private static List<Block> blocks(Path file) throws UnusableTls {
        String text = new String(read(file), StandardCharsets.ISO_8859_1);
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            String label = matcher.group(1);
            String body = matcher.group(2);
            if (body.contains("ENCRYPTED")) {
                throw new UnusableTls(file, "the " + label + " is encrypted (expected: one without a passphrase)");
            }
            try {
                blocks.add(new Block(label, Base64.getMimeDecoder().decode(body)));
            } catch (IllegalArgumentException e) {
                throw new UnusableTls(file, "the base64 of the " + label + " block is broken");
            }
        }
        if (blocks.isEmpty()) {
            throw new UnusableTls(
                    file,
                    text.isBlank()
                            ? "is empty (expected: PEM)"
                            : "is not PEM (expected: -----BEGIN ... -----END blocks)");
        }
        return blocks;
    }

    private static byte[] read(Path file) throws UnusableTls {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE_SIZE) {
                throw new UnusableTls(file, "has " + size + " bytes (expected: at most " + MAX_FILE_SIZE + ")");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new UnusableTls(file, "no such file");
        } catch (AccessDeniedException e) {
            throw new UnusableTls(
                    file, "may not be read by user " + System.getProperty("user.name") + " (permission denied)");
        } catch (IOException e) {
            throw new UnusableTls(file, "cannot be read: " + e.getMessage());
        }
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

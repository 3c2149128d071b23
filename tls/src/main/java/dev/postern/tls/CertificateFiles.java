package dev.postern.tls;

import java.nio.file.Path;

/**
 * A server certificate on disk, both files PEM.
 *
 * @param certFile the certificate, followed by the intermediate ones in order
 * @param keyFile its private key: PKCS#8, PKCS#1 (RSA) or SEC1 (EC), not encrypted
 */
public record CertificateFiles(Path certFile, Path keyFile) {}

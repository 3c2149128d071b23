package dev.postern.gateway.config;

import java.nio.file.Path;

/**
 * A certificate with its private key.
 *
 * @param certFile PEM, the server's certificate first, then intermediates
 * @param keyFile PEM, unencrypted
 */
public record CertificateConfig(Path certFile, Path keyFile) {}

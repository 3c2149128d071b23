package dev.postern.gateway.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A Vault or OpenBao server and how the gateway logs in to it.
 *
 * @param address https or http, without a path
 * @param caFile PEM bundle its certificate is checked against; absent: the JDK's trusted authorities
 * @param namespace Vault Enterprise's or OpenBao's namespace
 * @param auth how the gateway logs in
 */
public record VaultConnectionConfig(
        URI address, Optional<Path> caFile, Optional<String> namespace, VaultAuthConfig auth) {}

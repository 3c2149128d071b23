package dev.postern.auth.kubernetes.api;

import java.net.URI;
import java.nio.file.Path;

/**
 * Where an API server is, and as whom it is asked.
 *
 * @param address scheme, host and port, e.g. {@code https://kubernetes.default.svc}
 * @param tokenFile the gateway's own token; read for each request, since kubelet replaces it
 * @param caFile PEM bundle that the server's certificate is checked against; read again when it changes. Not looked at
 *     where the address is plain http ({@code kubectl proxy})
 */
public record ApiEndpoint(URI address, Path tokenFile, Path caFile) {}

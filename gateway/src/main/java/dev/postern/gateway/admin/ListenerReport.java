package dev.postern.gateway.admin;

import dev.postern.tls.CertificateStatus;
import java.util.List;

/**
 * A listener.
 *
 * @param address where it listens, with the port it got
 * @param tlsMode as configured
 * @param certificates those it serves now; none without TLS
 */
public record ListenerReport(String name, String address, String tlsMode, List<CertificateStatus> certificates) {
    public ListenerReport {
        certificates = List.copyOf(certificates);
    }
}

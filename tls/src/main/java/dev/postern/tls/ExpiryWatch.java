package dev.postern.tls;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says once a day that a certificate in use ends soon, or has ended. Guarded by its owner. */
final class ExpiryWatch {
    /** As long before its end as there is still time to act. */
    static final Duration WARN_AHEAD = Duration.ofDays(14);

    private static final Duration REPEAT = Duration.ofDays(1);
    private static final Logger log = LoggerFactory.getLogger(ExpiryWatch.class);

    private final Map<String, Instant> saidAt = new HashMap<>();

    void check(List<OwnCertificate> certificates, Instant now) {
        for (OwnCertificate certificate : certificates) {
            CertificateStatus status = certificate.status();
            if (!isNear(status, now)) {
                continue;
            }
            Instant last = saidAt.getOrDefault(status.sha256(), Instant.MIN);
            if (last.isBefore(now.minus(REPEAT)) || last.equals(Instant.MIN)) {
                saidAt.put(status.sha256(), now);
                boolean over = status.notAfter().isBefore(now);
                (over ? log.atError() : log.atWarn())
                        .addKeyValue("certificate", status.name())
                        .addKeyValue("notAfter", status.notAfter())
                        .log(over ? "tls.certificate_expired" : "tls.certificate_expires_soon");
            }
        }
    }

    static boolean isNear(CertificateStatus status, Instant now) {
        return status.notAfter().isBefore(now.plus(WARN_AHEAD));
    }
}

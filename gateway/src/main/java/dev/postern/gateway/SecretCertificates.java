package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialLogKeys;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.kubernetes.WatchedSecret;
import dev.postern.gateway.config.ListenerTlsConfig;
import dev.postern.gateway.config.SecretNameConfig;
import dev.postern.tls.CertificatePem;
import dev.postern.tls.Handshakes;
import dev.postern.tls.ListenerTls;
import dev.postern.tls.ReloadOutcome;
import dev.postern.tls.UnusableTls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One listener's certificates as far as they come from Secrets. A changed Secret is put in force as changed files are: whole,
 * for handshakes that begin afterwards, and not at all where it is of no use.
 */
final class SecretCertificates implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SecretCertificates.class);
    private static final String CERTIFICATE = "tls.crt";
    private static final String KEY = "tls.key";

    /** A listener cannot begin without its certificate; what makes the Secret may be slower than a pod. */
    private static final Duration START_PATIENCE = Duration.ofSeconds(5);

    private static final Duration START_PAUSE = Duration.ofMillis(500);

    private final String listener;
    private final ListenerTlsConfig config;
    private final List<WatchedSecret> watched = new ArrayList<>();

    // Guarded by this.
    private final Map<SecretNameConfig, CertificatePem> current = new HashMap<>();
    private Optional<ListenerTls> inUse = Optional.empty();

    private SecretCertificates(String listener, ListenerTlsConfig config) {
        this.listener = listener;
        this.config = config;
    }

    /** Opens a listener's TLS, whose Secrets are watched from then on; blocks. What is returned besides ends with it. */
    static Opened open(String listener, ListenerTlsConfig config, Cluster cluster, Handshakes handshakes)
            throws StartFailure, UnusableTls {
        SecretCertificates certificates = new SecretCertificates(listener, config);
        try {
            for (SecretNameConfig name : config.certificates().stream()
                    .flatMap(certificate -> certificate.secret().stream())
                    .distinct()
                    .toList()) {
                certificates.add(name, cluster);
            }
            ListenerTls tls = certificates.begin(handshakes);
            return new Opened(tls, certificates);
        } catch (StartFailure | UnusableTls | RuntimeException e) {
            certificates.close();
            throw e;
        }
    }

    record Opened(ListenerTls tls, SecretCertificates secrets) {}

    private void add(SecretNameConfig name, Cluster cluster) throws StartFailure {
        String whose = "listener " + listener + ": certificate";
        WatchedSecret secret = cluster.watch(whose, name, List.of(CERTIFICATE, KEY), values -> changed(name, values));
        watched.add(secret);
        current.put(name, pem(secret.describe(), firstValues(whose, secret)));
    }

    private static Map<String, Secret> firstValues(String whose, WatchedSecret secret) throws StartFailure {
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        boolean said = false;
        while (true) {
            try {
                return secret.read();
            } catch (CredentialUnavailable e) {
                if (System.nanoTime() >= deadline) {
                    throw new StartFailure(whose + ": " + secret.describe() + ": " + e.getMessage(), e);
                }
                if (!said) {
                    said = true;
                    log.atWarn()
                            .addKeyValue(CredentialLogKeys.SOURCE, secret.describe())
                            .addKeyValue(CredentialLogKeys.DETAIL, e.getMessage())
                            .log("certificate_waited_for");
                }
                pause();
            }
        }
    }

    private static void pause() throws StartFailure {
        try {
            Thread.sleep(START_PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("interrupted", e);
        }
    }

    private static CertificatePem pem(String name, Map<String, Secret> values) {
        try (Secret certificate = Objects.requireNonNull(values.get(CERTIFICATE));
                Secret key = Objects.requireNonNull(values.get(KEY))) {
            return new CertificatePem(name, certificate.reveal(), key.reveal());
        }
    }

    private ListenerTls begin(Handshakes handshakes) throws UnusableTls {
        ListenerTls tls;
        synchronized (this) {
            tls = ListenerTls.open(ConfigMapping.listenerTls(config, this::certificate), handshakes);
            inUse = Optional.of(tls);
        }
        watched.forEach(WatchedSecret::start);
        return tls;
    }

    private CertificatePem certificate(SecretNameConfig name) {
        return Objects.requireNonNull(current.get(name));
    }

    /** What is refused is not kept: another Secret's change must not fail for it. */
    private synchronized void changed(SecretNameConfig name, Map<String, Secret> values) {
        CertificatePem before = certificate(name);
        CertificatePem now = pem(before.name(), values);
        if (now.equals(before)) {
            return; // labels, annotations
        }
        current.put(name, now);
        boolean refused = inUse.filter(tls -> tls.apply(ConfigMapping.listenerTls(config, this::certificate))
                        instanceof ReloadOutcome.Refused)
                .isPresent();
        if (refused) {
            current.put(name, before);
        }
    }

    @Override
    public void close() {
        watched.forEach(WatchedSecret::close);
    }
}

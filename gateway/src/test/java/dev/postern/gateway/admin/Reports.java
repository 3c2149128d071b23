package dev.postern.gateway.admin;

import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.gateway.pool.PoolView;
import dev.postern.tls.CertificateStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A report in which every number is another one. */
final class Reports {
    private Reports() {}

    static GatewayReport of(String database) {
        return of(database, Optional.empty());
    }

    static GatewayReport of(String database, Optional<String> notReady) {
        return new GatewayReport(
                new BuildReport("1.2.3", "25.0.3", "epoll"),
                Instant.ofEpochSecond(1_000_000),
                notReady,
                new ClientsReport(11, 12, 13, 54, 55, 14, 15, 16, 18, 19, 20, Map.of("bad_password", 17L)),
                new MemoryReport(18, 19, 20),
                Map.of("audit", 56L),
                List.of(new LoopReport(0, Duration.ofMillis(10), Duration.ofMillis(20))),
                List.of(new ListenerReport(
                        "public",
                        "127.0.0.1:6432",
                        "require",
                        List.of(new CertificateStatus(
                                "/tls/tls.crt",
                                Set.of("db.example.com"),
                                "EC-256",
                                Instant.EPOCH,
                                Instant.ofEpochSecond(2_000_000),
                                "ab")))),
                List.of(new RouteReport(
                        "orders",
                        List.of("orders"),
                        List.of(),
                        List.of("pg-a:5432"),
                        "transaction",
                        21,
                        credential(),
                        List.of(pool(database)))));
    }

    private static CredentialStatus credential() {
        return new CredentialStatus(
                "vault main database/creds/orders",
                CredentialStatus.State.READY,
                "v-orders",
                22,
                Optional.of(Duration.ofSeconds(23)),
                24,
                Optional.of(Instant.ofEpochSecond(25)),
                "permission denied",
                Optional.of(Instant.ofEpochSecond(26)));
    }

    private static PoolReport pool(String database) {
        return new PoolReport(
                database,
                31,
                30,
                29,
                new PoolView(32, 33, 34, 35, 36, Duration.ofMillis(37_500)),
                new PoolReport.Servers(
                        38, Duration.ofSeconds(39).toNanos(), 40, Map.of("unreachable", 41L), Map.of("lifetime", 42L)),
                new PoolReport.Traffic(
                        43,
                        44,
                        Duration.ofSeconds(45).toNanos(),
                        Duration.ofSeconds(46).toNanos(),
                        47,
                        48),
                new PoolReport.Statements(49, 50, 51, 52, 53));
    }
}

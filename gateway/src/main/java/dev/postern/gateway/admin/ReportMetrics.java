package dev.postern.gateway.admin;

import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.gateway.pool.PoolView;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Locale;

/** A report in the words of Prometheus. Pure. */
final class ReportMetrics {
    private static final String ROUTE = "route";
    private static final String DATABASE = "database";
    private static final String LISTENER = "listener";
    private static final String REASON = "reason";
    private static final String STATE = "state";

    private final Samples samples = new Samples();

    private ReportMetrics() {}

    static MetricSnapshots of(GatewayReport report) {
        ReportMetrics metrics = new ReportMetrics();
        metrics.process(report);
        metrics.clients(report.clients());
        report.listeners().forEach(metrics::listener);
        report.routes().forEach(metrics::route);
        return metrics.samples.snapshots();
    }

    private void process(GatewayReport report) {
        BuildReport build = report.build();
        samples.add(
                Metric.BUILD,
                Labels.of("version", build.version(), "java", build.java(), "transport", build.transport()),
                1);
        samples.add(Metric.START, Labels.EMPTY, report.startedAt());
        samples.add(Metric.READY, report.notReady().isEmpty() ? 1 : 0);
        samples.add(Metric.BUFFERS, report.memory().buffers());
        samples.add(Metric.STATEMENT_MEMORY, report.memory().statements());
        samples.add(Metric.STATEMENT_MEMORY_LIMIT, report.memory().statementsLimit());
        report.droppedEvents().forEach((log, events) -> samples.add(Metric.LOG_DROPPED, Labels.of("log", log), events));
        for (LoopReport loop : report.loops()) {
            samples.add(Metric.LOOP_LAG, Labels.of("loop", String.valueOf(loop.number())), loop.lag());
        }
    }

    private void clients(ClientsReport clients) {
        samples.add(Metric.CLIENTS_OPEN, clients.open());
        samples.add(Metric.CLIENTS_LOGGED_IN, clients.loggedIn());
        samples.add(Metric.CLIENTS_LIMIT, clients.limit());
        samples.add(Metric.BEFORE_LOGIN, clients.beforeLogin());
        samples.add(Metric.BEFORE_LOGIN_LIMIT, clients.beforeLoginLimit());
        samples.add(Metric.ACCEPTED, clients.accepted());
        samples.add(Metric.LOGINS, clients.logins());
        samples.add(Metric.CANCELS, clients.cancels());
        samples.add(Metric.HANDSHAKES, Labels.of(STATE, "under_way"), clients.handshakes());
        samples.add(Metric.HANDSHAKES, Labels.of(STATE, "waiting"), clients.handshakesWaiting());
        samples.add(Metric.DELAYED, clients.delayed());
        clients.refusals().forEach((reason, count) -> samples.add(Metric.REFUSALS, Labels.of(REASON, reason), count));
    }

    private void listener(ListenerReport listener) {
        listener.certificates()
                .forEach(certificate -> samples.add(
                        Metric.CERTIFICATE_END,
                        Labels.of(LISTENER, listener.name(), "certificate", certificate.name()),
                        certificate.notAfter()));
    }

    private void route(RouteReport route) {
        credential(Labels.of(ROUTE, route.name()), route.credential());
        for (PoolReport pool : route.pools()) {
            Labels labels = Labels.of(DATABASE, pool.database(), ROUTE, route.name());
            samples.add(Metric.POOL_SIZE, labels, route.poolSize());
            samples.add(Metric.POOL_CLIENTS, labels, pool.sessions());
            samples.add(Metric.POOL_CLIENTS_PINNED, labels, pool.pinned());
            samples.add(Metric.POOL_CLIENTS_LISTENING, labels, pool.listening());
            view(labels, pool.view());
            servers(labels, pool.servers());
            traffic(labels, pool.traffic());
            statements(labels, pool.statements());
        }
    }

    private void credential(Labels route, CredentialStatus credential) {
        for (CredentialStatus.State state : CredentialStatus.State.values()) {
            samples.add(
                    Metric.CREDENTIAL_STATE,
                    route.add(STATE, state.name().toLowerCase(Locale.ROOT)),
                    state == credential.state() ? 1 : 0);
        }
        samples.add(Metric.CREDENTIAL_GENERATION, route, credential.generation());
        samples.add(Metric.CREDENTIAL_RETIRING, route, credential.retiring());
        credential.left().ifPresent(left -> samples.add(Metric.CREDENTIAL_LEFT, route, left));
        credential.lastRotation().ifPresent(at -> samples.add(Metric.CREDENTIAL_ROTATION, route, at));
        credential.lastErrorAt().ifPresent(at -> samples.add(Metric.CREDENTIAL_ERROR, route, at));
    }

    private void view(Labels labels, PoolView view) {
        samples.add(Metric.POOL_CLIENTS_ACTIVE, labels, view.active());
        samples.add(Metric.POOL_CLIENTS_WAITING, labels, view.waiting());
        samples.add(Metric.POOL_LONGEST_WAIT, labels, view.longestWait());
        samples.add(Metric.POOL_SERVERS, labels.add(STATE, "active"), view.active());
        samples.add(Metric.POOL_SERVERS, labels.add(STATE, "idle"), view.idle());
        samples.add(Metric.POOL_SERVERS, labels.add(STATE, "tested"), view.tested());
        samples.add(Metric.POOL_SERVERS, labels.add(STATE, "opening"), view.opening());
    }

    private void servers(Labels labels, PoolReport.Servers servers) {
        samples.add(Metric.CHECKOUTS, labels, servers.checkouts());
        samples.addNanos(Metric.WAIT_TIME, labels, servers.waitTime());
        samples.add(Metric.SERVERS_OPENED, labels, servers.opened());
        servers.failures()
                .forEach((reason, count) -> samples.add(Metric.SERVER_FAILURES, labels.add(REASON, reason), count));
        servers.closed()
                .forEach((reason, count) -> samples.add(Metric.SERVERS_CLOSED, labels.add(REASON, reason), count));
    }

    private void traffic(Labels labels, PoolReport.Traffic traffic) {
        samples.add(Metric.TRANSACTIONS, labels, traffic.transactions());
        samples.add(Metric.QUERIES, labels, traffic.queries());
        samples.addNanos(Metric.TRANSACTION_TIME, labels, traffic.transactionTime());
        samples.addNanos(Metric.QUERY_TIME, labels, traffic.queryTime());
        samples.add(Metric.RECEIVED, labels, traffic.bytesFromClients());
        samples.add(Metric.SENT, labels, traffic.bytesFromServers());
    }

    private void statements(Labels labels, PoolReport.Statements statements) {
        samples.add(Metric.STATEMENTS, labels, statements.distinct());
        samples.add(Metric.STATEMENT_BYTES, labels, statements.bytes());
        samples.add(Metric.CLIENT_PARSES, labels, statements.clientParses());
        samples.add(Metric.SERVER_PARSES, labels, statements.serverParses());
        samples.add(Metric.BINDS, labels, statements.binds());
    }
}

package dev.postern.gateway.admin;

import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.tls.CertificateStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A report as one page for people, without scripts. Pure. */
final class StatusPage {
    private static final String HEAD = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Postern</title><style>
            body{font:14px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}
            table{border-collapse:collapse;margin-bottom:1.5em}
            th,td{text-align:left;padding:.2em .8em;border-bottom:1px solid #ddd;vertical-align:top}
            td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#b00020;font-weight:600}
            </style></head><body><h1>Postern</h1>
            """;

    private final StringBuilder html = new StringBuilder(HEAD);

    private StatusPage() {}

    static String of(GatewayReport report) {
        StatusPage page = new StatusPage();
        page.summary(report);
        page.listeners(report.listeners());
        page.pools(report.routes());
        page.routes(report.routes());
        page.refusals(report.clients());
        return page.html
                .append("<p><a href=\"metrics\">metrics</a> <a href=\"healthz\">healthz</a>"
                        + " <a href=\"readyz\">readyz</a></p></body></html>\n")
                .toString();
    }

    private void summary(GatewayReport report) {
        ClientsReport clients = report.clients();
        html.append("<p>");
        if (report.notReady().isPresent()) {
            html.append("<span class=\"bad\">not ready: ")
                    .append(escaped(report.notReady().get()))
                    .append("</span><br>");
        } else {
            html.append("ready<br>");
        }
        html.append(escaped("version " + report.build().version() + ", Java "
                        + report.build().java() + ", " + report.build().transport() + ", running since "
                        + report.startedAt().truncatedTo(ChronoUnit.SECONDS)))
                .append("<br>")
                .append(escaped(clients.loggedIn() + " clients logged in of " + clients.limit() + " at most, "
                        + clients.open() + " connections, " + clients.logins() + " logins so far"))
                .append("<br>")
                .append(escaped(statements(report.memory())))
                .append("</p>");
    }

    private static String statements(MemoryReport memory) {
        String limit = memory.statementsLimit() == 0 ? "" : " of " + memory.statementsLimit() + " at most";
        return "prepared statements take " + memory.statements() + " bytes" + limit;
    }

    private void listeners(List<ListenerReport> listeners) {
        begin("Listeners", "name", "address", "TLS", "certificates");
        for (ListenerReport listener : listeners) {
            row(
                    listener.name(),
                    listener.address(),
                    listener.tlsMode(),
                    listener.certificates().stream()
                            .map(StatusPage::certificate)
                            .collect(Collectors.joining("; ")));
        }
        end();
    }

    private static String certificate(CertificateStatus certificate) {
        return certificate.serverNames().stream().sorted().collect(Collectors.joining(", ")) + " ("
                + certificate.keyType() + ") until " + certificate.notAfter();
    }

    private void pools(List<RouteReport> routes) {
        begin(
                "Pools",
                "route",
                "database",
                "clients",
                "pinned",
                "listening",
                "waiting",
                "longest wait",
                "servers active",
                "idle",
                "tested",
                "opening",
                "pool size",
                "transactions",
                "queries");
        for (RouteReport route : routes) {
            for (PoolReport pool : route.pools()) {
                row(
                        route.name(),
                        pool.database(),
                        pool.sessions(),
                        pool.pinned(),
                        pool.listening(),
                        pool.view().waiting(),
                        seconds(pool.view().longestWait()),
                        pool.view().active(),
                        pool.view().idle(),
                        pool.view().tested(),
                        pool.view().opening(),
                        route.poolSize(),
                        pool.traffic().transactions(),
                        pool.traffic().queries());
            }
        }
        end();
    }

    private void routes(List<RouteReport> routes) {
        begin("Routes", "route", "databases", "server names", "hosts", "pool mode", "credential", "last error");
        for (RouteReport route : routes) {
            CredentialStatus credential = route.credential();
            row(
                    route.name(),
                    String.join(", ", route.databases()),
                    String.join(", ", route.serverNames()),
                    String.join(", ", route.hosts()),
                    route.poolMode(),
                    credential(credential),
                    error(credential));
        }
        end();
    }

    private static String credential(CredentialStatus credential) {
        return credential.source() + ": " + credential.state().name().toLowerCase(Locale.ROOT)
                + (credential.user().isEmpty() ? "" : ", role " + credential.user())
                + ", generation " + credential.generation()
                + credential.left().map(left -> ", " + seconds(left) + " left").orElse("");
    }

    private static String error(CredentialStatus credential) {
        return credential.lastError()
                + credential.lastErrorAt().map(StatusPage::at).orElse("");
    }

    private static String at(Instant moment) {
        return " (" + moment.truncatedTo(ChronoUnit.SECONDS) + ")";
    }

    private void refusals(ClientsReport clients) {
        begin("Refused clients and ended sessions", "reason", "count");
        clients.refusals().entrySet().stream()
                .sorted(java.util.Map.Entry.comparingByKey())
                .forEach(refusal -> row(refusal.getKey(), refusal.getValue()));
        end();
    }

    private void begin(String title, String... columns) {
        html.append("<h2>").append(escaped(title)).append("</h2><table><tr>");
        for (String column : columns) {
            html.append("<th>").append(escaped(column)).append("</th>");
        }
        html.append("</tr>\n");
    }

    private void row(Object... cells) {
        html.append("<tr>");
        for (Object cell : cells) {
            html.append(cell instanceof Number ? "<td class=\"n\">" : "<td>")
                    .append(escaped(cell.toString()))
                    .append("</td>");
        }
        html.append("</tr>\n");
    }

    private void end() {
        html.append("</table>\n");
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toNanos() / 1e9);
    }

    /** Names come from the configuration, but databases of a pattern route from clients. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}

package dev.postern.gateway.sidecar;

import dev.postern.gateway.config.ListenAddress;
import dev.postern.gateway.pgbouncer.PgBouncerKey;
import dev.postern.gateway.sidecar.Variables.Variable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the file. The variables are those of two sidecars around PgBouncer, one for Vault and one for RDS, with their
 * defaults; what is new has POSTERN_ before its name. What a value means is checked where files are.
 */
final class SidecarYaml {
    private static final String LOOPBACK = "127.0.0.1";
    /** With the port that PgBouncer's Prometheus exporters have. */
    private static final String ADMIN = "127.0.0.1:9127";
    /** Who came in to PgBouncer's console beside the sidecars. */
    private static final String CONSOLE_USERS = "[app_admin, app_admin2]";

    /** What Kubernetes sets for a Service named pgbouncer, behind that name. */
    private static final String OF_A_SERVICE = "(?:.*_)?(?:SERVICE_(?:HOST|PORT)(?:_.*)?|PORT(?:_[0-9]+_.*)?)";

    /** Variables that are a key of ours. */
    private static final Map<String, String> OWN = Map.of(
            "POSTERN_ADMIN_ADDRESS", "admin.address",
            "POSTERN_DRAIN_DELAY", "timeouts.drainDelay",
            "POSTERN_DRAIN_TIMEOUT", "timeouts.drainTimeout",
            "POSTERN_LOG_FORMAT", "logging.format",
            "POSTERN_LOG_LEVEL", "logging.level");

    private final Variables variables;
    private final Findings findings;
    private final VaultKeys vaults;
    /** The objects at the top level. */
    private final Map<String, Keys> sections = new LinkedHashMap<>();

    SidecarYaml(Variables variables) {
        this.variables = variables;
        this.findings = new Findings(variables);
        this.vaults = new VaultKeys(variables, findings);
    }

    SidecarConfig convert() {
        boolean open = findings.isTrue("POSTERN_ALLOW_INSECURE");
        String listeners = listeners(open);
        settings();
        StringBuilder routes = new StringBuilder("routes:\n");
        int index = 0;
        for (String number : variables.databases()) {
            routes.append("  - ")
                    .append(new DatabaseKeys(variables, findings, vaults, number, "routes[" + index + "]").yaml(open))
                    .append('\n');
            index++;
        }
        for (Variable dsn : variables.dsns()) {
            routes.append("  - ")
                    .append(new DsnKeys(variables, findings, dsn, "routes[" + index + "]").yaml(open))
                    .append('\n');
            index++;
        }
        StringBuilder yaml = new StringBuilder(listeners);
        sections.forEach((name, keys) ->
                yaml.append(name).append(": ").append(keys.yaml()).append('\n'));
        return findings.with(yaml.append(vaults.yaml()).append(routes).toString());
    }

    private String listeners(boolean open) {
        Optional<Variable> given = variables.get("PGBOUNCER_LISTEN_ADDR");
        String port = findings.port(findings.agreed("", "LISTEN_PORT", "PGBOUNCER_LISTEN_PORT"));
        boolean loopback = true;
        StringBuilder out = new StringBuilder("listeners:\n");
        int index = 0;
        for (String each : given.map(Variable::value).orElse(LOOPBACK).split(",", -1)) {
            String host = each.strip().equals("*") ? "0.0.0.0" : each.strip();
            String address = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
            loopback &= isLoopback(address);
            out.append("  - ")
                    .append(new Keys(findings, "listeners[" + index + "]")
                            .put("name", index == 0 ? "sidecar" : "sidecar-" + (index + 1))
                            .put("address", Keys.text(address), "PGBOUNCER_LISTEN_ADDR")
                            .put("tls", "{mode: disable}")
                            .yaml())
                    .append('\n');
            index++;
        }
        if (!loopback && !open) {
            findings.problem(
                    "PGBOUNCER_LISTEN_ADDR",
                    '"' + given.map(Variable::value).orElse("") + "\" lets in whoever reaches it, without a password",
                    "127.0.0.1, or POSTERN_ALLOW_INSECURE=true beside it");
        }
        if (loopback) {
            set("admin.consoleUsers", CONSOLE_USERS, "PGBOUNCER_ADMIN_USERS");
            section("admin").put("clientAuth", "{any: {}}");
        }
        return out.toString();
    }

    private static boolean isLoopback(String address) {
        try {
            return ListenAddress.parse(address).isLoopback();
        } catch (IllegalArgumentException e) {
            return true; // found wrong when the file is checked
        }
    }

    private void settings() {
        set("pool.mode", "transaction", "PGBOUNCER_POOL_MODE");
        set("pool.defaultPoolSize", "20", "PGBOUNCER_DEFAULT_POOL_SIZE");
        set("limits.maxClientConn", "100", "PGBOUNCER_MAX_CLIENT_CONN");
        set("timeouts.drainDelay", "0s", "POSTERN_DRAIN_DELAY");
        set("timeouts.drainTimeout", "5s", "POSTERN_DRAIN_TIMEOUT");
        set("admin.address", Keys.text(ADMIN), "POSTERN_ADMIN_ADDRESS");
        section("admin").put("quitQuitQuit", "true");
        OWN.forEach((name, path) ->
                variables.get(name).ifPresent(variable -> set(path, Keys.text(variable.value()), name)));
        variables.beginningWith("PGBOUNCER_").forEach(this::pgBouncer);
    }

    /** Any key of PgBouncer's ini file, written as there. */
    private void pgBouncer(String key, Variable variable) {
        if (key.equals("LISTEN_ADDR")
                || key.equals("LISTEN_PORT")
                || key.matches("DSN_[0-9]{1,3}")
                || key.matches(OF_A_SERVICE)) {
            return;
        }
        Optional<PgBouncerKey> known = PgBouncerKey.find(key);
        if (known.isEmpty()) {
            findings.note(variable.name(), "there is no such setting; left out");
            return;
        }
        try {
            set(known.get().path(), known.get().yaml(variable.value()), variable.name());
        } catch (IllegalArgumentException e) {
            findings.problem(
                    variable.name(),
                    '"' + variable.value() + "\" is not right",
                    String.valueOf(e.getMessage()).replaceFirst("^expected ", ""));
        }
    }

    /** @param path of a key in an object at the top level */
    private void set(String path, String yaml, String variable) {
        int dot = path.indexOf('.');
        section(path.substring(0, dot)).put(path.substring(dot + 1), yaml, variable);
    }

    private Keys section(String name) {
        return sections.computeIfAbsent(name, ignored -> new Keys(findings, name));
    }
}

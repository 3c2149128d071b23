package dev.postern.gateway.sidecar;

import dev.postern.gateway.pgbouncer.ConnectionString;
import dev.postern.gateway.pgbouncer.PgBouncerKey;
import dev.postern.gateway.sidecar.Variables.Variable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One database's entry of {@code routes} from {@code PGBOUNCER_DSN_0=name=host=... user=... password=...}: a line of
 * PgBouncer's [databases], in the way that images of it take them.
 */
final class DsnKeys {
    private final Variables variables;
    private final Findings findings;
    private final Variable dsn;
    private final String at;

    /** @param at where the entry will stand */
    DsnKeys(Variables variables, Findings findings, Variable dsn, String at) {
        this.variables = variables;
        this.findings = findings;
        this.dsn = dsn;
        this.at = at;
    }

    String yaml(boolean open) {
        findings.origin(at, dsn.name());
        int equals = dsn.value().indexOf('=');
        String name = dsn.value().substring(0, Math.max(equals, 0)).strip();
        Map<String, String> words = new LinkedHashMap<>();
        try {
            words.putAll(ConnectionString.parse(dsn.value().substring(equals + 1)));
        } catch (IllegalArgumentException e) {
            findings.problem(dsn.name(), String.valueOf(e.getMessage()), "NAME=host=HOST user=ROLE password=...");
        }
        if (name.isEmpty() || !words.containsKey("host") || !words.containsKey("user")) {
            findings.problem(
                    dsn.name(),
                    "lacks a name, host or user",
                    "NAME=host=HOST user=ROLE password=...; the role is the same for all clients");
        }
        if (name.indexOf('*') >= 0) {
            findings.problem(dsn.name(), "is for more than one name", "the name of one database");
        }
        String yaml = new Keys(findings, at)
                .put("name", Keys.text(name))
                .put("match", "{databases: [" + Keys.text(name) + "]}")
                .put("backend", backend(words, name))
                .put("clientAuth", "{any: {" + (open ? "allowInsecure: true" : "") + "}}")
                .put("credentials", credentials(words))
                .put("pool", pool(words))
                .yaml();
        words.keySet().forEach(word -> findings.note(dsn.name(), word + " has no equivalent here; left out"));
        return yaml;
    }

    private String backend(Map<String, String> words, String name) {
        String port = Optional.ofNullable(words.remove("port")).orElse("5432");
        String hosts = Arrays.stream(
                        Optional.ofNullable(words.remove("host")).orElse("").split(",", -1))
                .map(host -> Keys.text((host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port))
                .collect(Collectors.joining(", ", "[", "]"));
        String database = Optional.ofNullable(words.remove("dbname")).orElse(name);
        return new Keys(findings, at + ".backend")
                .put("hosts", hosts)
                .put("database", Keys.text(database.replace("$", "$$")))
                .put(
                        "tls",
                        new Keys(findings, at + ".backend.tls")
                                .put("mode", findings.agreed("", "SSL_MODE", "TLS_MODE"), "SSL_MODE")
                                .put("caFile", variables.get("SSL_ROOT_CERT"), "SSL_ROOT_CERT")
                                .yaml())
                .yaml();
    }

    private String credentials(Map<String, String> words) {
        Keys keys = new Keys(findings, at + ".credentials.static")
                .put("user", Keys.text(Optional.ofNullable(words.remove("user")).orElse("")));
        Optional.ofNullable(words.remove("password")).ifPresent(password -> keys.put("password", Keys.text(password)));
        return "{static: " + keys.yaml() + "}";
    }

    private String pool(Map<String, String> words) {
        Keys keys = new Keys(findings, at + ".pool");
        Map.of(
                        "pool_size", "defaultPoolSize",
                        "min_pool_size", "minPoolSize",
                        "reserve_pool", "reservePoolSize",
                        "pool_mode", "mode",
                        "max_db_connections", "maxDbConnections")
                .forEach((word, key) -> Optional.ofNullable(words.remove(word))
                        .ifPresent(value -> keys.put(key, PgBouncerKey.quoted(value))));
        return keys.yaml();
    }
}

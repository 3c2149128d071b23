package dev.postern.gateway.sidecar;

import dev.postern.gateway.sidecar.Variables.Variable;
import java.util.Optional;

/** One database's entry of {@code routes}: with a role from Vault, or one of RDS whose password is a token of AWS'. */
final class DatabaseKeys {
    /** Where the bundle of RDS' authorities is looked for. */
    private static final String RDS_AUTHORITIES = "/etc/postern/rds-global-bundle.pem";

    private final Variables variables;
    private final Findings findings;
    private final VaultKeys vaults;
    private final String number;
    private final String at;
    private final boolean rds;

    /**
     * @param number the database's, as its variables have it
     * @param at where the entry will stand
     */
    DatabaseKeys(Variables variables, Findings findings, VaultKeys vaults, String number, String at) {
        this.variables = variables;
        this.findings = findings;
        this.vaults = vaults;
        this.number = number;
        this.at = at;
        this.rds = isRds();
    }

    /** What has the database's own number counts before what is for all. */
    private boolean isRds() {
        Optional<Variable> host = variables.own(number, "RDS_HOST");
        Optional<Variable> path = variables.own(number, "VAULT_PATH");
        if (host.isEmpty() && path.isEmpty()) {
            host = variables.get("RDS_HOST");
            path = variables.get("VAULT_PATH");
        }
        if (host.isPresent() && path.isPresent()) {
            findings.problem(host.get().name(), "stands beside " + path.get().name(), "one of the two");
        }
        return host.isPresent();
    }

    String yaml(boolean open) {
        String database = rds
                ? variables.of(number, "DB_NAME").map(Variable::value).orElse("postgres")
                : findings.required(number, "DB_NAME", "the database's name");
        Optional<Variable> alias = variables.own(number, "DB_ALIAS");
        String asked = alias.map(Variable::value).orElse(database);
        String origin = alias.or(() -> variables.of(number, "DB_NAME"))
                .map(Variable::name)
                .orElse("DB_NAME");
        findings.origin(at, origin);
        if (asked.indexOf('*') >= 0) {
            findings.problem(origin, '"' + asked + "\" holds a *", "the name of one database");
        }
        return new Keys(findings, at)
                .put("name", Keys.text(asked), origin)
                .put("match", "{databases: [" + Keys.text(asked) + "]}", origin)
                .put("backend", backend(database))
                .put("clientAuth", "{any: {" + (open ? "allowInsecure: true" : "") + "}}")
                .put("credentials", rds ? rdsIam() : vaults.credentials(number, at + ".credentials"))
                .yaml();
    }

    private String backend(String database) {
        String variable = rds ? "RDS_HOST" : "DB_HOST";
        String host = findings.required(number, variable, "the database server's name");
        String port = findings.port(variables.of(number, "DB_PORT"));
        String address = (host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port;
        return new Keys(findings, at + ".backend")
                .put(
                        "hosts",
                        "[" + Keys.text(address) + "]",
                        variables.of(number, variable).map(Variable::name).orElse(variable))
                .put("database", Keys.text(database.replace("$", "$$")))
                .put("tls", tls())
                .yaml();
    }

    private String tls() {
        Optional<Variable> mode = findings.agreed(number, "SSL_MODE", "TLS_MODE");
        Keys keys = new Keys(findings, at + ".backend.tls")
                .put("mode", rds ? "verify-full" : "require")
                .put("mode", mode, Variables.numbered(number, "SSL_MODE"));
        if (rds && mode.map(Variable::value).orElse("verify-full").startsWith("verify-")) {
            keys.put("caFile", Keys.text(RDS_AUTHORITIES));
        }
        return keys.put("caFile", variables.of(number, "SSL_ROOT_CERT"), Variables.numbered(number, "SSL_ROOT_CERT"))
                .yaml();
    }

    private String rdsIam() {
        Keys keys = new Keys(findings, at + ".credentials.rdsIam")
                .put("user", "postgres")
                .put("user", variables.of(number, "DB_USERNAME"), Variables.numbered(number, "DB_USERNAME"));
        Optional<Variable> region = variables.of(number, "AWS_REGION").or(() -> variables.get("AWS_DEFAULT_REGION"));
        boolean named = variables
                .of(number, "RDS_HOST")
                .filter(host -> host.value().contains(".rds.amazonaws.com"))
                .isPresent();
        if (region.isEmpty() && !named) {
            keys.put("region", "us-east-1"); // the name of the host tells no other
        }
        return "{rdsIam: "
                + keys.put("region", region, Variables.numbered(number, "AWS_REGION"))
                        .put(
                                "roleArn",
                                variables.of(number, "RDS_ROLE_ARN"),
                                Variables.numbered(number, "RDS_ROLE_ARN"))
                        .put(
                                "externalId",
                                variables.of(number, "RDS_EXTERNAL_ID"),
                                Variables.numbered(number, "RDS_EXTERNAL_ID"))
                        .yaml()
                + "}";
    }
}

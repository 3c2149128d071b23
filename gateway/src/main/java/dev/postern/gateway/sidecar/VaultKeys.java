package dev.postern.gateway.sidecar;

import dev.postern.gateway.sidecar.Variables.Variable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The Vault connections of all databases: those with the same variables share one. */
final class VaultKeys {
    private static final List<String> CONNECTION = List.of(
            "VAULT_ADDR",
            "VAULT_CA_CERT",
            "VAULT_NAMESPACE",
            "VAULT_KUBERNETES_ROLE",
            "VAULT_KUBERNETES_MOUNT",
            "VAULT_KUBERNETES_TOKEN_FILE",
            "VAULT_ROLE_ID",
            "VAULT_SECRET_ID_FILE",
            "VAULT_TOKEN",
            "VAULT_TOKEN_FILE");

    private final Variables variables;
    private final Findings findings;
    private final Map<List<Optional<Variable>>, String> names = new LinkedHashMap<>();
    private final Map<String, String> connections = new LinkedHashMap<>();

    VaultKeys(Variables variables, Findings findings) {
        this.variables = variables;
        this.findings = findings;
    }

    /** The top-level object; empty when nobody needs it. */
    String yaml() {
        StringBuilder out = new StringBuilder();
        connections.forEach((name, connection) -> out.append(out.isEmpty() ? "vaultConnections:\n" : "")
                .append("  ")
                .append(name)
                .append(": ")
                .append(connection)
                .append('\n'));
        return out.toString();
    }

    /**
     * A database's object {@code credentials}.
     *
     * @param at its path
     */
    String credentials(String number, String at) {
        String path = findings.required(
                number, "VAULT_PATH", "where Vault has the database's credentials, such as database/creds/my-role");
        findings.required(number, "VAULT_ADDR", "Vault's address, such as https://vault.example.com:8200");
        String connection = names.computeIfAbsent(
                CONNECTION.stream().map(name -> variables.of(number, name)).toList(), ignored -> connect(number));
        return "{vault: "
                + new Keys(findings, at + ".vault")
                        .put("connection", connection)
                        // With slashes around it, it is taken by Vault's own programs.
                        .put("path", Keys.text(path.replaceAll("^/+|/+$", "")), variableName(number, "VAULT_PATH"))
                        .yaml()
                + "}";
    }

    private String variableName(String number, String name) {
        return variables.of(number, name).map(Variable::name).orElse(name);
    }

    private String connect(String number) {
        String name = connections.isEmpty() ? "vault" : "vault-" + (connections.size() + 1);
        String at = "vaultConnections." + name;
        connections.put(
                name,
                keys(number, at, "address VAULT_ADDR", "caFile VAULT_CA_CERT", "namespace VAULT_NAMESPACE")
                        .put("auth", auth(number, at + ".auth"))
                        .yaml());
        return name;
    }

    private String auth(String number, String at) {
        List<Variable> chosen = List.of("VAULT_TOKEN", "VAULT_TOKEN_FILE", "VAULT_ROLE_ID").stream()
                .flatMap(name -> variables.of(number, name).stream())
                .toList();
        if (chosen.size() > 1) {
            findings.problem(
                    chosen.get(1).name(),
                    "stands beside " + chosen.getFirst().name(),
                    "one of the two; none of them for the pod's service account");
        }
        Optional<Variable> token = variables.of(number, "VAULT_TOKEN");
        if (token.isPresent()) {
            return new Keys(findings, at)
                    .put(
                            "token",
                            "\"${" + token.get().name() + "}\"",
                            token.get().name())
                    .yaml();
        }
        if (variables.of(number, "VAULT_TOKEN_FILE").isPresent()) {
            return keys(number, at, "tokenFile VAULT_TOKEN_FILE").yaml();
        }
        if (variables.of(number, "VAULT_ROLE_ID").isPresent()) {
            return "{appRole: "
                    + keys(number, at + ".appRole", "roleId VAULT_ROLE_ID", "secretIdFile VAULT_SECRET_ID_FILE")
                            .yaml()
                    + "}";
        }
        return "{kubernetes: "
                + keys(
                                number,
                                at + ".kubernetes",
                                "role VAULT_KUBERNETES_ROLE",
                                "mount VAULT_KUBERNETES_MOUNT",
                                "tokenFile VAULT_KUBERNETES_TOKEN_FILE")
                        .yaml()
                + "}";
    }

    /** @param keys each with the variable that it comes from */
    private Keys keys(String number, String at, String... keys) {
        Keys object = new Keys(findings, at);
        for (String key : keys) {
            String[] parts = key.split(" ", 2);
            object.put(parts[0], variables.of(number, parts[1]), Variables.numbered(number, parts[1]));
        }
        return object;
    }
}

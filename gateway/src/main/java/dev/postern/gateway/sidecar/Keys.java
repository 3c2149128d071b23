package dev.postern.gateway.sidecar;

import dev.postern.gateway.pgbouncer.PgBouncerKey;
import dev.postern.gateway.sidecar.Variables.Variable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A YAML object being written. A key that is put again takes the new value. */
final class Keys {
    private final Findings findings;
    private final String path;
    private final Map<String, String> values = new LinkedHashMap<>();

    /** @param path where the object will stand */
    Keys(Findings findings, String path) {
        this.findings = findings;
        this.path = path;
    }

    /** A value that is YAML already. */
    Keys put(String key, String yaml) {
        values.put(key, yaml);
        return this;
    }

    /** Such a value, and where it comes from. */
    Keys put(String key, String yaml, String variable) {
        findings.origin(path + "." + key, variable);
        return put(key, yaml);
    }

    /** A variable's text if it is set; problems of the key are the variable's in either case. */
    Keys put(String key, Optional<Variable> variable, String name) {
        findings.origin(path + "." + key, variable.map(Variable::name).orElse(name));
        variable.ifPresent(set -> values.put(key, text(set.value())));
        return this;
    }

    /** A text as YAML, in which nothing is replaced any more. */
    static String text(String raw) {
        return PgBouncerKey.quoted(raw);
    }

    String yaml() {
        return values.entrySet().stream()
                .map(key -> key.getKey() + ": " + key.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }
}

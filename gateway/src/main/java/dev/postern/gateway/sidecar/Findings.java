package dev.postern.gateway.sidecar;

import dev.postern.gateway.config.yaml.Problem;
import dev.postern.gateway.sidecar.Variables.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What was found while variables became a file: which key comes from which, and what is wrong. Used by one thread. */
final class Findings {
    private static final String POSTGRES_PORT = "5432";

    private final Variables variables;
    private final Map<String, String> origins = new HashMap<>();
    private final Map<String, Problem> problems = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    Findings(Variables variables) {
        this.variables = variables;
    }

    SidecarConfig with(String yaml) {
        return new SidecarConfig(yaml, origins, List.copyOf(problems.values()), notes);
    }

    /** A key of the file comes from this variable. */
    void origin(String path, String variable) {
        origins.put(path, variable);
    }

    void note(String variable, String text) {
        notes.add(variable + ": " + text);
    }

    /** Once for each variable. */
    void problem(String variable, String what, String expected) {
        problems.putIfAbsent(variable, SidecarConfig.problem(variable, what, expected));
    }

    /** The value of a database's variable that has to be set. */
    String required(String number, String name, String expected) {
        Optional<Variable> variable = variables.of(number, name);
        if (variable.isEmpty()) {
            problem(Variables.numbered(number, name), "is not set", expected);
        }
        return variable.map(Variable::value).orElse("");
    }

    /** Two names for one thing. */
    Optional<Variable> agreed(String number, String one, String other) {
        Optional<Variable> first = variables.of(number, one);
        Optional<Variable> second = variables.of(number, other);
        if (first.isPresent()
                && second.isPresent()
                && !first.get().value().equals(second.get().value())) {
            problem(
                    second.get().name(),
                    quoted(second.get()) + " contradicts " + first.get().name() + ", which is " + quoted(first.get()),
                    "one of the two");
        }
        return first.or(() -> second);
    }

    /** 5432 where it is not set. */
    String port(Optional<Variable> variable) {
        if (variable.isEmpty()) {
            return POSTGRES_PORT;
        }
        String text = variable.get().value();
        if (text.matches("[0-9]{1,5}") && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= 65535) {
            return text;
        }
        problem(
                variable.get().name(),
                quoted(variable.get()) + " is no port",
                text.startsWith("tcp://")
                        ? "1 to 65535; Kubernetes sets this for a Service of that name, unless the pod has"
                                + " enableServiceLinks: false"
                        : "1 to 65535");
        return POSTGRES_PORT;
    }

    boolean isTrue(String name) {
        Optional<Variable> variable = variables.get(name);
        variable.filter(set -> !set.value().equals("true") && !set.value().equals("false"))
                .ifPresent(set ->
                        problem(name, quoted(set) + " is neither true nor false", "true, or false as without it"));
        return variable.filter(set -> set.value().equals("true")).isPresent();
    }

    private static String quoted(Variable variable) {
        return '"' + variable.value() + '"';
    }
}

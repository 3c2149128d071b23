package dev.postern.gateway.sidecar;

import dev.postern.gateway.config.ConfigLoader;
import dev.postern.gateway.config.ConfigResult;
import dev.postern.gateway.config.yaml.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an environment says, as a configuration file of ours.
 *
 * @param yaml the file; holds no secret: tokens stand there as <code>${VAULT_TOKEN}</code>
 * @param origins the variable that a key of the file comes from, by the key's path
 * @param problems of variables, found before there is a file
 * @param notes variables that look as if they meant something and do not
 */
public record SidecarConfig(String yaml, Map<String, String> origins, List<Problem> problems, List<String> notes) {
    static final String PLACE = "environment";

    public SidecarConfig {
        origins = Map.copyOf(origins);
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
    }

    public static SidecarConfig of(Map<String, String> environment) {
        return new SidecarYaml(new Variables(environment)).convert();
    }

    /**
     * Checks it as any other file. Problems name the variable, not the key that it became; one for each variable.
     *
     * @param loader with the environment that this was made of
     */
    public ConfigResult load(ConfigLoader loader) {
        if (!problems.isEmpty()) {
            return new ConfigResult.Rejected(problems);
        }
        return switch (loader.parse(yaml, PLACE)) {
            case ConfigResult.Loaded loaded -> loaded;
            case ConfigResult.Rejected rejected -> new ConfigResult.Rejected(ofVariables(rejected.problems()));
        };
    }

    private List<Problem> ofVariables(List<Problem> ofKeys) {
        Map<String, Problem> first = new LinkedHashMap<>();
        for (Problem problem : ofKeys) {
            String variable = origin(problem.path());
            first.putIfAbsent(
                    variable.isEmpty() ? problem.toString() : variable,
                    variable.isEmpty() ? problem : problem(variable, problem.what(), problem.expected()));
        }
        return new ArrayList<>(first.values());
    }

    /** The variable of the key, or of the nearest object around it that comes from one. */
    private String origin(String path) {
        String at = path;
        while (!at.isEmpty()) {
            String variable = origins.get(at);
            if (variable != null) {
                return variable;
            }
            at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
        }
        return "";
    }

    static Problem problem(String variable, String what, String expected) {
        return new Problem(PLACE, 0, 0, variable, what, expected);
    }
}

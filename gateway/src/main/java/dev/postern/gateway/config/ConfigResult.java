package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A configuration that may be used, or everything that is wrong with it. */
public sealed interface ConfigResult {

    /** The file is whole and right. */
    record Loaded(GatewayConfig config) implements ConfigResult {}

    /** At least one problem, in the order of the file. */
    record Rejected(List<Problem> problems) implements ConfigResult {
        public Rejected {
            problems = List.copyOf(problems);
        }

        /** One line for each problem, without a line end after the last: what {@code postern check} prints. */
        public String render() {
            return problems.stream().map(Problem::toString).collect(Collectors.joining("\n"));
        }
    }
}

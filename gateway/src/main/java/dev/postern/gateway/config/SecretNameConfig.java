package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.Optional;

/**
 * A Secret at the API server of {@link KubernetesApiConfig}.
 *
 * @param name what it is called
 * @param namespace where it is; absent: that of {@code kubernetesApi}
 */
public record SecretNameConfig(String name, Optional<String> namespace) implements Checked {
    @Override
    public void check(Checks checks) {
        checks.problem(ClusterNames.isNoName(name), "name", "is no name of a Secret", ClusterNames.NAME)
                .problem(
                        namespace.filter(ClusterNames::isNoNamespace).isPresent(),
                        "namespace",
                        "is no name of a namespace",
                        ClusterNames.NAMESPACE);
    }
}

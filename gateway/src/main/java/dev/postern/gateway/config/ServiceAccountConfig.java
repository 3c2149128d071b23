package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;
import java.util.Optional;

/**
 * A ServiceAccount that the gateway asks the API server of {@link KubernetesApiConfig} for tokens of (TokenRequest).
 *
 * @param name what it is called
 * @param namespace where it is; absent: that of {@code kubernetesApi}
 * @param audiences who its tokens are meant for; none named: {@code vault}
 */
public record ServiceAccountConfig(String name, Optional<String> namespace, List<String> audiences) implements Checked {
    private static final List<String> DEFAULT_AUDIENCES = List.of("vault");

    public ServiceAccountConfig {
        audiences = audiences.isEmpty() ? DEFAULT_AUDIENCES : List.copyOf(audiences);
    }

    @Override
    public void check(Checks checks) {
        checks.problem(ClusterNames.isNoName(name), "name", "is no name of a ServiceAccount", ClusterNames.NAME)
                .problem(
                        namespace.filter(ClusterNames::isNoNamespace).isPresent(),
                        "namespace",
                        "is no name of a namespace",
                        ClusterNames.NAMESPACE)
                .problem(
                        audiences.contains(""),
                        "audiences",
                        "has an empty one",
                        "the audience that Vault's role asks for");
    }
}

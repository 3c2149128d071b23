package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

/** Texts to configurations or printed problems, without looking for the files they name. */
final class ConfigFixture {
    /** The least that a configuration holds; line 9 is where a test goes on. */
    static final String MINIMAL = """
            listeners:
              - {name: local, address: "127.0.0.1:6432", tls: {mode: disable}}
            routes:
              - name: orders
                match: {databases: [orders]}
                backend: {hosts: ["pg-a:5432"]}
                clientAuth: {trust: {}}
                credentials: {static: {user: app}}
            """;

    private ConfigFixture() {}

    static GatewayConfig loaded(String yaml) {
        ConfigResult result = parse(yaml, Map.of());
        assertThat(result).isInstanceOf(ConfigResult.Loaded.class);
        return ((ConfigResult.Loaded) result).config();
    }

    static List<String> problems(String yaml) {
        return problems(yaml, Map.of());
    }

    static List<String> problems(String yaml, Map<String, String> environment) {
        return switch (parse(yaml, environment)) {
            case ConfigResult.Loaded _ -> List.of();
            case ConfigResult.Rejected rejected -> rejected.render().lines().toList();
        };
    }

    static ConfigResult parse(String yaml, Map<String, String> environment) {
        return new ConfigLoader(environment).withoutFileChecks().parse(yaml, "/etc/postern/postern.yaml");
    }
}

package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;

/**
 * The servers that a look-up of users asks.
 *
 * @param hosts tried in this order; port 5432 where none is given
 * @param tls encryption towards them; a client certificate here can be all that the look-up's role logs in with
 * @param allowCleartextPassword whether a server may ask for the password in clear outside TLS
 */
public record AuthQueryBackendConfig(List<BackendHost> hosts, BackendTlsConfig tls, boolean allowCleartextPassword)
        implements Checked {
    public AuthQueryBackendConfig {
        hosts = List.copyOf(hosts);
    }

    @Override
    public void check(Checks checks) {
        checks.notEmpty("hosts", hosts, "at least one host such as pg-a:5432");
    }
}

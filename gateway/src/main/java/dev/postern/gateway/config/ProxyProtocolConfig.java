package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;

/**
 * The PROXY protocol (versions 1 and 2) of a load balancer in front of a listener.
 *
 * @param trustedCidrs whose connections begin with a PROXY header, and have to; from elsewhere none is believed
 */
public record ProxyProtocolConfig(List<Cidr> trustedCidrs) implements Checked {
    public ProxyProtocolConfig {
        trustedCidrs = List.copyOf(trustedCidrs);
    }

    @Override
    public void check(Checks checks) {
        checks.notEmpty("trustedCidrs", trustedCidrs, "the networks of the load balancers");
    }
}

package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;

/**
 * Who may use a route. A client that may not is refused like one with a wrong password.
 *
 * @param allowCidrs networks clients may come from; empty: all
 * @param denyCidrs networks clients may not come from, also when allowed above
 * @param allowUsers client user names; empty: all
 * @param allowSuperuser whether a client may log in as a role that is known as a superuser or has REPLICATION: one of
 *     allowUsers, from one of allowCidrs, neither of which may be empty then
 */
public record AccessConfig(List<Cidr> allowCidrs, List<Cidr> denyCidrs, List<String> allowUsers, boolean allowSuperuser)
        implements Checked {

    public AccessConfig {
        allowCidrs = List.copyOf(allowCidrs);
        denyCidrs = List.copyOf(denyCidrs);
        allowUsers = List.copyOf(allowUsers);
    }

    /** Whether this superuser may come in, from an address that may. */
    public boolean admitsSuperuser(String user) {
        return allowSuperuser && allowUsers.contains(user) && !allowCidrs.isEmpty();
    }

    @Override
    public void check(Checks checks) {
        checks.problem(
                        allowSuperuser && allowUsers.isEmpty(),
                        "allowUsers",
                        "is empty, and allowSuperuser would admit every superuser",
                        "the names of those who may")
                .problem(
                        allowSuperuser && allowCidrs.isEmpty(),
                        "allowCidrs",
                        "is empty, and allowSuperuser would admit superusers from everywhere",
                        "the networks they may come from");
    }
}

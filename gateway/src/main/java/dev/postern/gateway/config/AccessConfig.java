package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Checked;
import dev.postern.gateway.config.yaml.Checks;
import java.util.List;
import java.util.Optional;

/**
 * Who may use a route, and as whom. A client that may not is refused like one with a wrong password.
 *
 * @param allowCidrs networks clients may come from; empty: all
 * @param denyCidrs networks clients may not come from, also when allowed above
 * @param allowUsers client user names; empty: all
 * @param allowSuperuser whether a client may log in as a role that is known as a superuser or has REPLICATION: one of
 *     allowUsers, from one of allowCidrs, neither of which may be empty then
 * @param setRole the role that each server connection takes on after its login, as {@code SET ROLE} would, and comes back to at
 *     each reset; the role that logs in has to be a member of it. Not for replication connections
 */
public record AccessConfig(
        List<Cidr> allowCidrs,
        List<Cidr> denyCidrs,
        List<String> allowUsers,
        boolean allowSuperuser,
        Optional<String> setRole)
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
        setRole.ifPresent(role -> checks.notBlank("setRole", role, "a role, or no such key"));
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

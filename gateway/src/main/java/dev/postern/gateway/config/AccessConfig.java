package dev.postern.gateway.config;

import java.util.List;

/**
 * Who may use a route. A client that may not is refused like one with a wrong password.
 *
 * @param allowCidrs networks clients may come from; empty: all
 * @param denyCidrs networks clients may not come from, also when allowed above
 * @param allowUsers client user names; empty: all
 * @param allowSuperuser whether a client may log in under the name of a superuser or get a server role that is one
 */
public record AccessConfig(
        List<Cidr> allowCidrs, List<Cidr> denyCidrs, List<String> allowUsers, boolean allowSuperuser) {

    public AccessConfig {
        allowCidrs = List.copyOf(allowCidrs);
        denyCidrs = List.copyOf(denyCidrs);
        allowUsers = List.copyOf(allowUsers);
    }
}

package dev.postern.tls;

import java.util.Collection;
import java.util.List;

/**
 * Which roles an identity may log in as: PostgreSQL's {@code pg_ident.conf}. Any entry that fits is enough; without
 * entries, an identity may log in as the role of the same name. Pure.
 *
 * @see <a href="https://www.postgresql.org/docs/current/auth-username-maps.html">User name maps</a>
 */
public record IdentityMap(List<IdentityMapping> mappings) {
    /** The role has the identity's own name. */
    public static final IdentityMap SAME_NAME = new IdentityMap(List.of());

    public IdentityMap {
        mappings = List.copyOf(mappings);
    }

    /** @param identities all names of the client; one that may is enough */
    public boolean allows(Collection<String> identities, String role) {
        return identities.stream().anyMatch(identity -> allows(identity, role));
    }

    public boolean allows(String identity, String role) {
        if (mappings.isEmpty()) {
            return identity.equals(role);
        }
        return mappings.stream().anyMatch(mapping -> mapping.allows(identity, role));
    }
}

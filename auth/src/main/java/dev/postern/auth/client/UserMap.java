package dev.postern.auth.client;

/** Which outside identities may act as which role (pg_ident.conf's map). */
@FunctionalInterface
public interface UserMap {
    /** Only the role of the same name. */
    UserMap SAME_NAME = String::equals;

    /** @param identity the system user, certificate name or token claim */
    boolean allows(String identity, String role);
}

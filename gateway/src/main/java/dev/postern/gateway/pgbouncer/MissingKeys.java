package dev.postern.gateway.pgbouncer;

import java.util.Map;
import java.util.Optional;

/** Keys of [pgbouncer] that do something there which is not there here, and what to do about it. */
final class MissingKeys {
    private static final Map<String, String> INSTEAD = Map.of(
            "auth_ldap_options", "write clientAuth.ldap by hand",
            "client_tls_ciphers", "write cipherSuites of the listener by hand, as a list of names",
            "login_notify_message", "clients are not greeted",
            "pool_idle_timeout", "autodb_idle_timeout is there, for databases that clients choose");

    private MissingKeys() {}

    static Optional<String> instead(String key) {
        return Optional.ofNullable(INSTEAD.get(key));
    }
}

package dev.postern.gateway.config;

import java.util.List;
import java.util.Optional;

/**
 * What operators look at.
 *
 * @param address where {@code /healthz}, {@code /readyz} and {@code /metrics} answer; absent: nowhere. Plain HTTP without
 *     a login
 * @param consoleUsers client users who may connect to the virtual database {@code pgbouncer} (PgBouncer: admin_users)
 */
public record AdminConfig(Optional<ListenAddress> address, List<String> consoleUsers) {
    public AdminConfig {
        consoleUsers = List.copyOf(consoleUsers);
    }
}

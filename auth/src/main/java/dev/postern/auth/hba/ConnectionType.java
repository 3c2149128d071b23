package dev.postern.auth.hba;

import java.util.Optional;

/** The first word of a rule. */
enum ConnectionType {
    LOCAL,
    HOST,
    HOSTSSL,
    HOSTNOSSL;

    static Optional<ConnectionType> of(String word) {
        return switch (word) {
            case "local" -> Optional.of(LOCAL);
            case "host" -> Optional.of(HOST);
            case "hostssl" -> Optional.of(HOSTSSL);
            case "hostnossl" -> Optional.of(HOSTNOSSL);
            default -> Optional.empty();
        };
    }

    boolean matches(HbaClient client) {
        return switch (this) {
            case LOCAL -> client.address().isEmpty();
            case HOST -> client.address().isPresent();
            case HOSTSSL -> client.address().isPresent() && client.tls();
            case HOSTNOSSL -> client.address().isPresent() && !client.tls();
        };
    }
}

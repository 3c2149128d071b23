package dev.postern.gateway.it.harness;

import java.util.Optional;

/** What a scenario runs against. The client must not be able to tell them apart. */
public enum Target {
    /** PostgreSQL itself. */
    DIRECT,
    /** The gateway with {@code pool.mode: session}. */
    SESSION,
    /** The gateway with {@code pool.mode: transaction}. */
    TRANSACTION;

    /** Database {@code orders} as user {@code app}, over TLS. */
    public ServerAddress address() {
        return address("orders");
    }

    /** Another tenant's database. */
    public ServerAddress address(String database) {
        return switch (this) {
            case DIRECT ->
                new ServerAddress(
                        PostgresServers.shared().port(),
                        Optional.of(Certificates.shared().clientContext()),
                        "app",
                        "app-secret",
                        database);
            case SESSION -> GatewayFixture.shared().address(database + "_session");
            case TRANSACTION -> GatewayFixture.shared().address(database);
        };
    }

    /** The same database where all clients share one server connection; in session mode they could not. */
    public ServerAddress oneServer() {
        return switch (this) {
            case DIRECT -> address();
            case SESSION -> throw new IllegalArgumentException("session mode does not share");
            case TRANSACTION -> GatewayFixture.shared().address("orders_one");
        };
    }

    /** The same database where all clients share two server connections. */
    public ServerAddress twoServers() {
        return this == TRANSACTION ? GatewayFixture.shared().address("orders_two") : oneServer();
    }

    /** A client that has logged in. */
    public WireClient connect() {
        return WireClient.connect(address());
    }

    /** A client that has logged in with further startup parameters, given as name, value, name, value ... */
    public WireClient connect(String... parameters) {
        ServerAddress address = address();
        for (int i = 0; i < parameters.length; i += 2) {
            address = address.withParameter(parameters[i], parameters[i + 1]);
        }
        return WireClient.connect(address);
    }
}

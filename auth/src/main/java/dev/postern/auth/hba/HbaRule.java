package dev.postern.auth.hba;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One line of the file. */
public final class HbaRule {
    private final String place;
    private final ConnectionType type;
    private final Names databases;
    private final Names users;
    /** Empty for {@code all} and for {@code local}. */
    private final List<Network> networks;

    private final HbaMethod method;
    private final Map<String, String> options;

    HbaRule(
            String place,
            ConnectionType type,
            Names databases,
            Names users,
            List<Network> networks,
            HbaMethod method,
            Map<String, String> options) {
        this.place = place;
        this.type = type;
        this.databases = databases;
        this.users = users;
        this.networks = List.copyOf(networks);
        this.method = method;
        this.options = Map.copyOf(options);
    }

    boolean matches(HbaClient client) {
        return type.matches(client)
                && (networks.isEmpty()
                        || client.address().isPresent()
                                && networks.stream()
                                        .anyMatch(network -> network.contains(
                                                client.address().get())))
                && databases.match(client.database(), client)
                && users.match(client.user(), client);
    }

    public HbaMethod method() {
        return method;
    }

    /** The value of an option such as {@code map}. */
    public Optional<String> option(String name) {
        return Optional.ofNullable(options.get(name));
    }

    /** {@code file:line}, for the operator. */
    public String place() {
        return place;
    }

    @Override
    public String toString() {
        return place + " " + method.word();
    }
}

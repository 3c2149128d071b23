package dev.postern.gateway.frontend;

import dev.postern.gateway.protocol.Refusal;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Connections by the address they come from: an IPv4 address, or the /64 that an IPv6 client has to choose from. An address
 * without connections takes no memory. Used on all event loops.
 */
public final class AddressCounts {
    private final ConcurrentHashMap<String, Count> counts = new ConcurrentHashMap<>();
    private volatile int mostConnections;
    private volatile int mostLogins;

    /** Of one address; immutable. */
    private record Count(int connections, int logins) {}

    /** Zero: no limit. */
    public void limits(int connections, int logins) {
        mostConnections = connections;
        mostLogins = logins;
    }

    /** Addresses with connections, as far as they were counted. */
    public int addresses() {
        return counts.size();
    }

    /** One connection's part in the counts; used on its event loop. */
    final class Entry {
        private final String address;
        private boolean open = true;
        private boolean loggingIn = true;

        private Entry(String address) {
            this.address = address;
        }

        void loggedIn() {
            if (open && loggingIn) {
                loggingIn = false;
                add(address, 0, -1);
            }
        }

        void closed() {
            if (open) {
                open = false;
                add(address, -1, loggingIn ? -1 : 0);
            }
        }
    }

    /** A connection has come; empty where nothing is counted. */
    Optional<Entry> opened(SocketAddress client) {
        boolean counted = mostConnections > 0 || mostLogins > 0;
        if (!counted || !(client instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return Optional.empty();
        }
        Entry entry = new Entry(network(inet.getAddress()));
        add(entry.address, 1, 1);
        return Optional.of(entry);
    }

    /** Whether this one is too many. */
    Optional<Refusal> refuses(Entry entry) {
        Count count = counts.getOrDefault(entry.address, new Count(0, 0));
        if (mostConnections > 0 && count.connections() > mostConnections) {
            return Optional.of(
                    new Refusal.TooManyClients("max_conn_per_address", "maxConnPerAddress=" + mostConnections));
        }
        return mostLogins > 0 && count.logins() > mostLogins
                ? Optional.of(new Refusal.TooManyClients("max_logins_per_address", "maxLoginsPerAddress=" + mostLogins))
                : Optional.empty();
    }

    private void add(String address, int connections, int logins) {
        counts.compute(address, (key, before) -> {
            Count was = before == null ? new Count(0, 0) : before;
            Count now = new Count(was.connections() + connections, was.logins() + logins);
            return now.connections() <= 0 ? null : now;
        });
    }

    private static String network(InetAddress address) {
        return address instanceof Inet6Address
                ? Arrays.toString(Arrays.copyOf(address.getAddress(), 8))
                : address.getHostAddress();
    }
}

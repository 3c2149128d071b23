package dev.postern.auth.client;

import java.net.InetAddress;

/** Where a client comes from: the real address, after the PROXY header of a trusted network. */
public sealed interface ClientAddress {
    /** Over TCP. */
    record Inet(InetAddress address) implements ClientAddress {
        @Override
        public String toString() {
            return address.getHostAddress();
        }
    }

    /**
     * Over a unix socket.
     *
     * @param peerUser the operating system's name for the peer; empty when it cannot be had
     */
    record UnixSocket(String peerUser) implements ClientAddress {
        @Override
        public String toString() {
            return "unix";
        }
    }
}

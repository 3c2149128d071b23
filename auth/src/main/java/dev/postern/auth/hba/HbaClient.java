package dev.postern.auth.hba;

import java.net.InetAddress;
import java.util.Optional;

/**
 * What a rule is matched against.
 *
 * @param address empty on a unix socket
 * @param replication whether the startup packet asks for physical replication
 */
public record HbaClient(
        Optional<InetAddress> address, boolean tls, String database, String user, boolean replication) {}

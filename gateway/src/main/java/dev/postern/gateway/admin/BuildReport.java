package dev.postern.gateway.admin;

/**
 * What runs.
 *
 * @param version Postern's
 * @param java the JVM's
 * @param transport how sockets are driven, for example {@code epoll}
 */
public record BuildReport(String version, String java, String transport) {}

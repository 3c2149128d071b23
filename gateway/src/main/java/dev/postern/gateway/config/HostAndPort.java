package dev.postern.gateway.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** The pieces of {@code host:port}, {@code [v6]:port} or {@code host}. */
record HostAndPort(String host, OptionalInt port) {
    private static final Pattern NAME = Pattern.compile(
            "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?");

    /** RFC 1035, 2.3.4. */
    private static final int MAX_NAME = 254;

    /** Only digits and dots: meant as an IPv4 address. */
    private static final Pattern NUMERIC = Pattern.compile("[0-9.]+");

    private static final int MAX_PORT = 65_535;

    /**
     * Reads the text; brackets are not part of the host.
     *
     * @throws IllegalArgumentException whose message says what is wrong
     */
    static HostAndPort parse(String text) {
        String host;
        String rest;
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0) {
                throw new IllegalArgumentException("the [ of the IPv6 address is not closed");
            }
            host = literal6(text.substring(1, end));
            rest = text.substring(end + 1);
        } else {
            int colon = text.indexOf(':');
            if (colon != text.lastIndexOf(':')) {
                throw new IllegalArgumentException("has more than one colon; an IPv6 address stands in [brackets]");
            }
            host = name(colon < 0 ? text : text.substring(0, colon));
            rest = colon < 0 ? "" : text.substring(colon);
        }
        return new HostAndPort(host, rest.isEmpty() ? OptionalInt.empty() : OptionalInt.of(port(rest)));
    }

    static String print(String host, int port) {
        return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + port;
    }

    private static String literal6(String host) {
        try {
            if (host.indexOf(':') >= 0) {
                InetAddress.ofLiteral(host);
                return host;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("what stands in brackets is not an IPv6 address", e);
        }
        throw new IllegalArgumentException("what stands in brackets is not an IPv6 address");
    }

    private static String name(String host) {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("names no host");
        }
        if (NUMERIC.matcher(host).matches()) {
            requireIpv4(host);
        } else if (host.length() > MAX_NAME || !NAME.matcher(host).matches()) {
            throw new IllegalArgumentException("the host is neither a name nor an address");
        }
        return host;
    }

    private static void requireIpv4(String host) {
        try {
            if (host.chars().filter(c -> c == '.').count() == 3 && Inet4Address.ofLiteral(host) != null) {
                return;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the host is not an IPv4 address", e);
        }
        throw new IllegalArgumentException("the host is not an IPv4 address");
    }

    private static int port(String colonAndPort) {
        String digits = colonAndPort.substring(1);
        if (colonAndPort.charAt(0) != ':' || !digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > MAX_PORT) {
            throw new IllegalArgumentException("the port is not a number from 0 to " + MAX_PORT);
        }
        return Integer.parseInt(digits);
    }
}

package dev.postern.gateway.config;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * A network: {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or one address.
 *
 * @param network its first address
 * @param prefixLength bits that an address has in common with it
 */
public record Cidr(InetAddress network, int prefixLength) {
    static final String EXPECTED = "a network such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7";

    static Cidr parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address = literal(slash < 0 ? text : text.substring(0, slash));
        int bits = address.getAddress().length * 8;
        int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1), bits);
        byte[] first = address.getAddress();
        clearHostBits(first, prefix);
        if (!Arrays.equals(first, address.getAddress())) {
            throw new IllegalArgumentException("has bits set behind its prefix of " + prefix);
        }
        return new Cidr(address, prefix);
    }

    /** Whether the address lies in the network. Of another family: no. */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != network.getAddress().length) {
            return false;
        }
        clearHostBits(bytes, prefixLength);
        return Arrays.equals(bytes, network.getAddress());
    }

    private static InetAddress literal(String text) {
        boolean four = text.matches("[0-9]+(\\.[0-9]+){3}");
        if (!four && text.indexOf(':') < 0) {
            throw new IllegalArgumentException("is not an address");
        }
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is not an address", e);
        }
    }

    private static int prefix(String text, int bits) {
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) > bits) {
            throw new IllegalArgumentException("the prefix is not a number from 0 to " + bits);
        }
        return Integer.parseInt(text);
    }

    private static void clearHostBits(byte[] address, int prefix) {
        for (int i = 0; i < address.length; i++) {
            int kept = Math.clamp(prefix - i * 8L, 0, 8);
            address[i] &= (byte) (0xff << (8 - kept));
        }
    }

    @Override
    public String toString() {
        return network.getHostAddress() + '/' + prefixLength;
    }
}

package dev.postern.auth.hba;

import java.net.InetAddress;
import java.util.Optional;

/** Addresses that share their first bits. */
record Network(InetAddress address, int bits) {
    /** Empty when it is no literal address, or the length does not fit. */
    static Optional<Network> cidr(String text) {
        int slash = text.indexOf('/');
        Optional<InetAddress> address = literal(slash < 0 ? text : text.substring(0, slash));
        if (address.isEmpty()) {
            return Optional.empty();
        }
        int longest = address.get().getAddress().length * 8;
        String length = slash < 0 ? "" : text.substring(slash + 1);
        if (slash < 0 || !length.matches("[0-9]{1,3}") || Integer.parseInt(length) > longest) {
            return Optional.empty();
        }
        return Optional.of(new Network(address.get(), Integer.parseInt(length)));
    }

    /** Empty when the two are not of one family, or the mask has gaps. */
    static Optional<Network> masked(InetAddress address, InetAddress mask) {
        byte[] bytes = mask.getAddress();
        if (bytes.length != address.getAddress().length) {
            return Optional.empty();
        }
        int bits = 0;
        boolean ended = false;
        for (int i = 0; i < bytes.length * 8; i++) {
            boolean set = bit(bytes, i);
            if (set && ended) {
                return Optional.empty();
            }
            ended |= !set;
            bits += set ? 1 : 0;
        }
        return Optional.of(new Network(address, bits));
    }

    /** Never asks DNS. */
    static Optional<InetAddress> literal(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException notALiteral) {
            return Optional.empty();
        }
    }

    boolean contains(InetAddress other) {
        byte[] ours = address.getAddress();
        byte[] theirs = other.getAddress();
        if (ours.length != theirs.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            if (bit(ours, i) != bit(theirs, i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean bit(byte[] bytes, int index) {
        return (bytes[index / 8] & (0x80 >> (index % 8))) != 0;
    }
}

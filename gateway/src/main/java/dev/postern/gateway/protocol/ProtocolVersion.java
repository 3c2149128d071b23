package dev.postern.gateway.protocol;

/**
 * A protocol version as the startup packet carries it: two unsigned 16-bit numbers.
 *
 * @param major 3 since PostgreSQL 7.4
 * @param minor 0, or 2 since PostgreSQL 18; 1 was never used
 */
public record ProtocolVersion(int major, int minor) {
    public static final ProtocolVersion V3_0 = new ProtocolVersion(3, 0);
    public static final ProtocolVersion V3_2 = new ProtocolVersion(3, 2);
    /** The newest one spoken here. */
    public static final ProtocolVersion LATEST = V3_2;

    public ProtocolVersion {
        if (major < 0 || major > 0xFFFF || minor < 0 || minor > 0xFFFF) {
            throw new IllegalArgumentException("protocol version " + major + "." + minor);
        }
    }

    public static ProtocolVersion ofCode(int code) {
        return new ProtocolVersion(code >>> 16, code & 0xFFFF);
    }

    /** The number on the wire, 196608 for 3.0. */
    public int code() {
        return major << 16 | minor;
    }

    public boolean isNewerThan(ProtocolVersion other) {
        return Integer.compareUnsigned(code(), other.code()) > 0;
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}

package dev.postern.tls;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a client's first message says about itself (RFC 8446 4.1.2), as far as the choice of a certificate needs it.
 * Unknown extensions are passed over; the library reads the message again and has the last word on its validity.
 *
 * @param serverName the SNI host name (RFC 6066), lower case, without a trailing dot
 * @param alpnProtocols the protocols offered (RFC 7301); empty where the extension is absent
 * @param tls13 whether TLS 1.3 is offered
 * @param cipherSuites code points in the client's order
 * @param signatureSchemes code points in the client's order; empty where the extension is absent
 * @param groups code points in the client's order; empty where the extension is absent
 */
record ClientHello(
        Optional<String> serverName,
        List<String> alpnProtocols,
        boolean tls13,
        List<Integer> cipherSuites,
        List<Integer> signatureSchemes,
        List<Integer> groups) {

    private static final int SERVER_NAME = 0;
    private static final int SUPPORTED_GROUPS = 10;
    private static final int SIGNATURE_ALGORITHMS = 13;
    private static final int ALPN = 16;
    private static final int SUPPORTED_VERSIONS = 43;
    private static final int TLS_1_3 = 0x0304;
    private static final int HOST_NAME = 0;
    /** RFC 1035: a name is at most 255 octets, which is 253 characters. */
    private static final int MAX_SERVER_NAME = 253;

    /** Says nothing of itself: gets the default certificate, and the library's opinion of what it really sent. */
    static final ClientHello UNKNOWN =
            new ClientHello(Optional.empty(), List.of(), false, List.of(), List.of(), List.of());

    /** Reads the body of a ClientHello handshake message; {@link #UNKNOWN} where it is malformed. */
    static ClientHello parse(ByteBuffer body) {
        try {
            return read(body);
        } catch (BufferUnderflowException | IllegalArgumentException malformed) {
            return UNKNOWN;
        }
    }

    private static ClientHello read(ByteBuffer body) {
        take(body, 2 + 32); // legacy_version, random
        vector8(body); // legacy_session_id
        List<Integer> suites = shorts(vector16(body));
        vector8(body); // legacy_compression_methods
        Optional<String> serverName = Optional.empty();
        List<String> alpn = List.of();
        boolean tls13 = false;
        List<Integer> schemes = List.of();
        List<Integer> groups = List.of();
        ByteBuffer extensions = body.hasRemaining() ? vector16(body) : ByteBuffer.allocate(0);
        while (extensions.hasRemaining()) {
            int type = uint16(extensions);
            ByteBuffer data = vector16(extensions);
            switch (type) {
                case SERVER_NAME -> serverName = serverName(data);
                case ALPN -> alpn = strings(vector16(data));
                case SUPPORTED_VERSIONS -> tls13 = shorts(vector8(data)).contains(TLS_1_3);
                case SIGNATURE_ALGORITHMS -> schemes = shorts(vector16(data));
                case SUPPORTED_GROUPS -> groups = shorts(vector16(data));
                default -> {}
            }
        }
        return new ClientHello(serverName, alpn, tls13, suites, schemes, groups);
    }

    private static Optional<String> serverName(ByteBuffer data) {
        ByteBuffer names = vector16(data);
        while (names.hasRemaining()) {
            int type = uint8(names);
            ByteBuffer name = vector16(names);
            if (type == HOST_NAME && name.hasRemaining() && name.remaining() <= MAX_SERVER_NAME) {
                String text = StandardCharsets.US_ASCII.decode(name).toString();
                return Optional.of(CertificateNames.normalize(text));
            }
        }
        return Optional.empty();
    }

    private static List<String> strings(ByteBuffer vector) {
        List<String> strings = new ArrayList<>();
        while (vector.hasRemaining()) {
            strings.add(StandardCharsets.ISO_8859_1.decode(vector8(vector)).toString());
        }
        return List.copyOf(strings);
    }

    private static List<Integer> shorts(ByteBuffer vector) {
        List<Integer> values = new ArrayList<>(vector.remaining() / 2);
        while (vector.hasRemaining()) {
            values.add(uint16(vector));
        }
        return List.copyOf(values);
    }

    private static ByteBuffer vector8(ByteBuffer in) {
        return take(in, uint8(in));
    }

    private static ByteBuffer vector16(ByteBuffer in) {
        return take(in, uint16(in));
    }

    private static ByteBuffer take(ByteBuffer in, int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer part = in.slice(in.position(), length);
        in.position(in.position() + length);
        return part;
    }

    private static int uint8(ByteBuffer in) {
        return in.get() & 0xff;
    }

    private static int uint16(ByteBuffer in) {
        return in.getShort() & 0xffff;
    }
}

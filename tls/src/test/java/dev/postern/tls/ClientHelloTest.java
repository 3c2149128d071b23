package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClientHelloTest {
    @Test
    void readsWhatTheChoiceOfACertificateNeeds() {
        ClientHello hello = ClientHello.parse(Hellos.body(Hellos.record("DB.Example.com", "postgresql", "h2")));
        assertThat(hello.serverName()).contains("db.example.com");
        assertThat(hello.alpnProtocols()).containsExactly("postgresql", "h2");
        assertThat(hello.tls13()).isTrue();
        assertThat(hello.cipherSuites()).contains(0x1301, 0xc02b);
        assertThat(hello.signatureSchemes()).contains(0x0403, 0x0804);
        assertThat(hello.groups()).contains(23, 29);
    }

    @Test
    void readsAHelloThatSaysLittle() {
        ClientHello hello = Hellos.hello(p -> p.setProtocols(new String[] {"TLSv1.2"}));
        assertThat(hello.serverName()).isEmpty();
        assertThat(hello.alpnProtocols()).isEmpty();
        assertThat(hello.tls13()).isFalse();
    }

    @Test
    void knowsNothingOfATruncatedHello() {
        byte[] record = Hellos.record("db.example.com", "postgresql");
        ByteBuffer body = Hellos.body(record);
        int extensionsStart = extensionsStart(body.duplicate());
        for (int length = 0; length < body.capacity(); length++) {
            ClientHello hello = ClientHello.parse(body.slice(0, length));
            if (length != extensionsStart) {
                assertThat(hello).as("%d bytes", length).isSameAs(ClientHello.UNKNOWN);
            } else {
                // A hello may end before its extensions: those of TLS 1.0 did.
                assertThat(hello.serverName()).isEmpty();
            }
        }
    }

    private static int extensionsStart(ByteBuffer body) {
        body.position(34);
        body.position(body.position() + 1 + body.get(body.position()));
        body.position(body.position() + 2 + body.getShort(body.position()));
        body.position(body.position() + 1 + body.get(body.position()));
        return body.position();
    }

    @Test
    void survivesAnyBytes() {
        byte[] whole = Hellos.record("db.example.com", "postgresql");
        byte[] body = Arrays.copyOfRange(whole, 9, whole.length);
        Random random = new Random(7);
        for (int i = 0; i < 200_000; i++) {
            byte[] changed = body.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            // No exception, and no name beyond what DNS allows.
            ClientHello hello = ClientHello.parse(ByteBuffer.wrap(changed));
            if (hello.serverName().map(String::length).orElse(0) > 253) {
                throw new AssertionError(hello);
            }
        }
    }
}

package dev.postern.tls;

import java.util.ArrayList;
import java.util.List;

/** Lists of cipher suites as the library wants them. */
final class CipherSuites {
    /** BoringSSL decides among these by itself; a list that names none of them would turn TLS 1.3 off. */
    private static final List<String> TLS_1_3 =
            List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

    private CipherSuites() {}

    static List<String> withTls13(List<String> tls12) {
        List<String> suites = new ArrayList<>(TLS_1_3);
        suites.addAll(tls12);
        return suites;
    }
}

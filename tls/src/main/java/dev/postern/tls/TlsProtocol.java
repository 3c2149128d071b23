package dev.postern.tls;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A TLS version that may be spoken. Older ones are gone from every PostgreSQL that is still supported. */
public enum TlsProtocol {
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3");

    private final String text;

    TlsProtocol(String text) {
        this.text = text;
    }

    /** The spelling of PostgreSQL's {@code ssl_min_protocol_version}, for example {@code TLSv1.2}. */
    public String text() {
        return text;
    }

    public static Optional<TlsProtocol> parse(String text) {
        return Arrays.stream(values()).filter(p -> p.text.equals(text)).findFirst();
    }

    static List<String> between(TlsProtocol minimum, TlsProtocol maximum) {
        return Arrays.stream(values())
                .filter(p -> p.compareTo(minimum) >= 0 && p.compareTo(maximum) <= 0)
                .map(TlsProtocol::text)
                .toList();
    }
}

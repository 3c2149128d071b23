package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** TLS versions, in PostgreSQL's spelling (ssl_min_protocol_version), which is also that of the JDK and OpenSSL. */
public enum TlsProtocol implements Keyword {
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3");

    private final String keyword;

    TlsProtocol(String keyword) {
        this.keyword = keyword;
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

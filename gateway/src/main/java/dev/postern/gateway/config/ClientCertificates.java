package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** Whether a listener asks TLS clients for a certificate. */
public enum ClientCertificates implements Keyword {
    NONE("none"),
    /** Asked for and checked when sent. */
    OPTIONAL("optional"),
    /** The handshake fails without one. */
    REQUIRED("required");

    private final String keyword;

    ClientCertificates(String keyword) {
        this.keyword = keyword;
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** Whether clients of a listener may, must or cannot encrypt (PgBouncer: client_tls_sslmode). */
public enum ListenerTlsMode implements Keyword {
    /** SSLRequest is answered {@code N}. */
    DISABLE("disable"),
    /** The client chooses. */
    ALLOW("allow"),
    /** A client without TLS is refused with 28000. */
    REQUIRE("require");

    private final String keyword;

    ListenerTlsMode(String keyword) {
        this.keyword = keyword;
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

package dev.postern.auth.client;

/** How a client proved who it is: the words of pg_hba.conf, and ours where it has none. For logs and metrics. */
public enum Method {
    SCRAM_SHA_256("scram-sha-256"),
    SCRAM_SHA_256_PLUS("scram-sha-256-plus"),
    MD5("md5"),
    PASSWORD("password"),
    CERT("cert"),
    TRUST("trust"),
    ANY("any"),
    PEER("peer"),
    JWT("jwt"),
    OAUTH("oauth"),
    LDAP("ldap"),
    TOKEN_REVIEW("kubernetes");

    private final String label;

    Method(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }
}

package dev.postern.gateway.backend;

/** In which order hosts are tried for a new server connection (libpq's and PgBouncer's {@code load_balance_hosts}). */
public enum LoadBalanceHosts {
    /** As configured. */
    DISABLE("disable"),
    /** Each connection in another order, hosts and the addresses of each. */
    RANDOM("random"),
    /** Each connection begins with the host behind the one that the connection before began with. */
    ROUND_ROBIN("round-robin");

    private final String keyword;

    LoadBalanceHosts(String keyword) {
        this.keyword = keyword;
    }

    /** As it is written in a configuration. */
    public String keyword() {
        return keyword;
    }
}

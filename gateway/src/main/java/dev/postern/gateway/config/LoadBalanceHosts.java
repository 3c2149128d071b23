package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** In which order the hosts are tried: libpq's load_balance_hosts, and PgBouncer's. */
public enum LoadBalanceHosts implements Keyword {
    DISABLE("disable"),
    RANDOM("random"),
    ROUND_ROBIN("round-robin");

    private final String keyword;

    LoadBalanceHosts(String keyword) {
        this.keyword = keyword;
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

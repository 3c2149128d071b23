package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** When a server connection goes back to its pool (PgBouncer: pool_mode). */
public enum PoolMode implements Keyword {
    /** When the client disconnects. */
    SESSION("session"),
    /** When the transaction ends. */
    TRANSACTION("transaction");

    private final String keyword;

    PoolMode(String keyword) {
        this.keyword = keyword;
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

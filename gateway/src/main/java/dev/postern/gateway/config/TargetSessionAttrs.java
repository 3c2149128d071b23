package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Keyword;

/** libpq's target_session_attrs: which of the hosts will do. */
public enum TargetSessionAttrs implements Keyword {
    ANY("any"),
    READ_WRITE("read-write"),
    READ_ONLY("read-only"),
    PRIMARY("primary"),
    STANDBY("standby"),
    PREFER_STANDBY("prefer-standby");

    private final String keyword;

    TargetSessionAttrs(String keyword) {
        this.keyword = keyword;
    }

    @Override
    public String keyword() {
        return keyword;
    }
}

package dev.postern.gateway.pool;

import java.time.Duration;

/** PoolSettings for tests: two servers, no checks, and what a test changes. */
record Settings(
        int size,
        int min,
        int reserve,
        Duration reserveTimeout,
        Duration waitTimeout,
        Duration lifetime,
        Duration idleTimeout,
        Duration checkDelay) {
    static Settings size(int size) {
        return new Settings(
                size,
                0,
                0,
                Duration.ofSeconds(5),
                Duration.ofMinutes(2),
                Duration.ofHours(1),
                Duration.ofMinutes(10),
                Duration.ofSeconds(30));
    }

    Settings min(int servers) {
        return new Settings(size, servers, reserve, reserveTimeout, waitTimeout, lifetime, idleTimeout, checkDelay);
    }

    Settings reserve(int servers, Duration after) {
        return new Settings(size, min, servers, after, waitTimeout, lifetime, idleTimeout, checkDelay);
    }

    Settings waitTimeout(Duration time) {
        return new Settings(size, min, reserve, reserveTimeout, time, lifetime, idleTimeout, checkDelay);
    }

    Settings lifetime(Duration time) {
        return new Settings(size, min, reserve, reserveTimeout, waitTimeout, time, idleTimeout, checkDelay);
    }

    Settings idleTimeout(Duration time) {
        return new Settings(size, min, reserve, reserveTimeout, waitTimeout, lifetime, time, checkDelay);
    }

    Settings checkDelay(Duration time) {
        return new Settings(size, min, reserve, reserveTimeout, waitTimeout, lifetime, idleTimeout, time);
    }

    PoolSettings build() {
        return new PoolSettings(
                PoolMode.TRANSACTION,
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                idleTimeout,
                Duration.ofSeconds(15),
                Duration.ofSeconds(15),
                checkDelay,
                "",
                "DISCARD ALL",
                200,
                Duration.ofSeconds(10));
    }
}

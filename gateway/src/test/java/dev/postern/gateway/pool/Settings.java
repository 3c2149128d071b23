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
        Duration checkDelay,
        Duration notifyAfter,
        int maxDb,
        int maxUser,
        boolean roundRobin) {
    static Settings size(int size) {
        return new Settings(
                size,
                0,
                0,
                Duration.ofSeconds(5),
                Duration.ofMinutes(2),
                Duration.ofHours(1),
                Duration.ofMinutes(10),
                Duration.ofSeconds(30),
                Duration.ZERO,
                0,
                0,
                false);
    }

    Settings min(int servers) {
        return new Settings(
                size,
                servers,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                idleTimeout,
                checkDelay,
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings reserve(int servers, Duration after) {
        return new Settings(
                size,
                min,
                servers,
                after,
                waitTimeout,
                lifetime,
                idleTimeout,
                checkDelay,
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings waitTimeout(Duration time) {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                time,
                lifetime,
                idleTimeout,
                checkDelay,
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings lifetime(Duration time) {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                time,
                idleTimeout,
                checkDelay,
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings idleTimeout(Duration time) {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                time,
                checkDelay,
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings checkDelay(Duration time) {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                idleTimeout,
                time,
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings notifyAfter(Duration time) {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                idleTimeout,
                checkDelay,
                time,
                maxDb,
                maxUser,
                roundRobin);
    }

    Settings limits(int database, int user) {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                idleTimeout,
                checkDelay,
                notifyAfter,
                database,
                user,
                roundRobin);
    }

    Settings inTurn() {
        return new Settings(
                size,
                min,
                reserve,
                reserveTimeout,
                waitTimeout,
                lifetime,
                idleTimeout,
                checkDelay,
                notifyAfter,
                maxDb,
                maxUser,
                true);
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
                Duration.ofSeconds(10),
                notifyAfter,
                maxDb,
                maxUser,
                roundRobin,
                false,
                false,
                false);
    }
}

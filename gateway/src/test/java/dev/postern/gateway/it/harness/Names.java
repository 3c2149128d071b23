package dev.postern.gateway.it.harness;

import java.util.concurrent.atomic.AtomicInteger;

/** Names of tables and the like that no other scenario uses. */
public final class Names {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private Names() {}

    public static String unique(String prefix) {
        return prefix + "_" + NEXT.incrementAndGet();
    }
}

package dev.postern.demo;

import dev.postern.auth.Secret;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * One tenant: a database and the role that owns it. Clients never see the role's password.
 *
 * @param database name of the database, also the name clients ask for
 * @param role the server role that the gateway logs in with
 * @param password of the role, new for each run
 * @param sampleQuery what the printed {@code psql} line runs
 */
record Tenant(String database, String role, Secret password, String sampleQuery) {
    private static final SecureRandom RANDOM = new SecureRandom();

    static Tenant of(String database, String sampleQuery) {
        return new Tenant(database, database + "_owner", newPassword(), sampleQuery);
    }

    /** The three of the demo, in the order in which they are printed. */
    static List<Tenant> all() {
        return List.of(
                of("orders", "select current_user, count(*) from orders"),
                of("billing", "select current_user, sum(amount) from invoices"),
                of("analytics", "select current_user, max(views) from page_views"));
    }

    /** 128 random bits in letters that need no quoting anywhere. */
    static Secret newPassword() {
        byte[] bits = new byte[16];
        RANDOM.nextBytes(bits);
        return Secret.ofText(HexFormat.of().formatHex(bits));
    }
}

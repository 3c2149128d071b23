package dev.postern.gateway.it.harness;

import java.util.List;

/** The tenants of every test server; see {@link PostgresTemplate} for their roles. */
public final class Tenant {
    /** One database and one backend role each. */
    public static final List<String> DATABASES = List.of("orders", "billing", "analytics", "reports");

    private Tenant() {}

    public static String backendRole(String database) {
        return database + "_backend";
    }

    public static String backendPassword(String database) {
        return database + "-backend-secret";
    }
}

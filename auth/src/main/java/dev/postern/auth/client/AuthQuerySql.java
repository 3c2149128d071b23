package dev.postern.auth.client;

/**
 * The look-up query of each preset. Every name is qualified and every operator pinned, so that no object of another schema
 * can take its place (CVE-2025-12819); VALID UNTIL and NOLOGIN come with the row (CVE-2025-2291), also where the operator's
 * function leaves them out: pg_roles shows them to everyone.
 */
public enum AuthQuerySql {
    /** Reads pg_authid itself: the look-up role is a superuser, or was granted SELECT on it. */
    PGBOUNCER("SELECT r.rolname, r.rolpassword, pg_catalog.date_part('epoch', r.rolvaliduntil)::pg_catalog.text,"
            + " r.rolcanlogin, r.rolsuper, r.rolreplication FROM pg_catalog.pg_authid AS r"
            + " WHERE r.rolname OPERATOR(pg_catalog.=) $1"),
    /** CloudNativePG's function, in database {@code postgres} only; its role logs in by client certificate. */
    CNPG(through("public.user_search($1) AS u (usename, passwd)", "u.usename", "u.passwd")),
    /** Zalando's operator: a function in each database. */
    ZALANDO(through("pooler.user_lookup($1) AS u", "u.uname", "u.phash")),
    /** Crunchy's PGO: a function in each database. */
    CRUNCHY(through("pgbouncer.get_auth($1) AS u", "u.username", "u.password"));

    /** Start-up options of the look-up's connections: what a role or database setting says does not count. */
    public static final String PINNED_OPTIONS =
            "-c search_path=pg_catalog,pg_temp -c default_transaction_read_only=on -c statement_timeout=5s";

    private final String sql;

    AuthQuerySql(String sql) {
        this.sql = sql;
    }

    /** With one parameter, the user name as text. */
    public String sql() {
        return sql;
    }

    private static String through(String function, String user, String password) {
        return "SELECT " + user + ", " + password + ", pg_catalog.date_part('epoch', r.rolvaliduntil)::pg_catalog.text,"
                + " r.rolcanlogin, r.rolsuper, r.rolreplication FROM " + function
                + " JOIN pg_catalog.pg_roles AS r ON r.rolname OPERATOR(pg_catalog.=) " + user + "::pg_catalog.name";
    }
}

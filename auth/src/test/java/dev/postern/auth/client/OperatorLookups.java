package dev.postern.auth.client;

import java.util.List;

/** Functions and rights that the operators' look-ups of users need, as they install them: none of them knows VALID UNTIL. */
public final class OperatorLookups {
    private OperatorLookups() {}

    /** For a role that is there. */
    public static List<String> installedFor(String role) {
        return List.of(
                "create function public.user_search(uname text) returns table (usename name, passwd text) language sql"
                        + " security definer set search_path = pg_catalog, pg_temp as"
                        + " 'select usename, passwd from pg_catalog.pg_shadow where usename = $1'",
                "create schema pooler",
                "create function pooler.user_lookup(in i_username text, out uname text, out phash text) returns record"
                        + " language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin"
                        + " select usename, passwd from pg_catalog.pg_shadow where usename = i_username"
                        + " into uname, phash; return; end $$",
                "create schema pgbouncer",
                "create function pgbouncer.get_auth(wanted text) returns table (username text, password text) language sql"
                        + " security definer set search_path = pg_catalog, pg_temp as"
                        + " 'select rolname::text, rolpassword::text from pg_catalog.pg_authid where rolname = $1'",
                "grant usage on schema pooler, pgbouncer to " + role,
                "grant select on pg_catalog.pg_authid to " + role);
    }
}

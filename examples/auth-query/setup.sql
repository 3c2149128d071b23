-- The look-up of users for Postern's auth_query, for PostgreSQL 14 to 18. Run it once as a superuser, in one database of the
-- server (roles belong to all of them):
--
--   psql -X -v ON_ERROR_STOP=1 -d postgres -f setup.sql
--   psql -X -d postgres -c '\password postern_lookup'
--
-- What is different from the functions that circulate for PgBouncer:
--   * it cannot be executed by PUBLIC, not even for the moment between CREATE and REVOKE: everybody could read every verifier;
--   * search_path is pinned and every name is qualified, so that nobody's objects take the place of the catalogue's;
--   * roles whose VALID UNTIL has passed, and those that may not log in, are not found;
--   * superusers and roles with REPLICATION are not found: their verifiers never leave the server.
BEGIN;

CREATE ROLE postern_lookup LOGIN NOINHERIT CONNECTION LIMIT 20;

CREATE SCHEMA postern_lookup;
REVOKE ALL ON SCHEMA postern_lookup FROM PUBLIC;
GRANT USAGE ON SCHEMA postern_lookup TO postern_lookup;

CREATE FUNCTION postern_lookup.user_search(wanted pg_catalog.text)
    RETURNS TABLE (
        rolname pg_catalog.name,
        rolpassword pg_catalog.text,
        valid_until pg_catalog.text,
        rolcanlogin pg_catalog.bool,
        rolsuper pg_catalog.bool,
        rolreplication pg_catalog.bool)
    LANGUAGE sql STABLE STRICT SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.rolname,
           r.rolpassword,
           pg_catalog.date_part('epoch', r.rolvaliduntil)::pg_catalog.text,
           r.rolcanlogin,
           r.rolsuper,
           r.rolreplication
    FROM pg_catalog.pg_authid AS r
    WHERE r.rolname OPERATOR(pg_catalog.=) wanted::pg_catalog.name
      AND r.rolcanlogin
      AND NOT r.rolsuper
      AND NOT r.rolreplication
      AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil OPERATOR(pg_catalog.>) pg_catalog.now())
$$;

REVOKE ALL ON FUNCTION postern_lookup.user_search(pg_catalog.text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION postern_lookup.user_search(pg_catalog.text) TO postern_lookup;

COMMIT;

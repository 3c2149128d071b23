-- For each tenant: a database, an owner of what is in it, and a group that may use it. Roles that Vault makes are members of the group.
CREATE ROLE vault LOGIN CREATEROLE PASSWORD 'vault-of-the-example';
-- From PostgreSQL 16 on: so that it may reassign and drop what a role of its own making owns.
ALTER ROLE vault SET createrole_self_grant = 'set, inherit';

CREATE ROLE acme_owner NOLOGIN;
CREATE ROLE acme_rw NOLOGIN;
CREATE ROLE globex_owner NOLOGIN;
CREATE ROLE globex_rw NOLOGIN;
CREATE ROLE initech_owner NOLOGIN;
CREATE ROLE initech_rw NOLOGIN;
GRANT acme_owner, acme_rw, globex_owner, globex_rw, initech_owner, initech_rw TO vault WITH ADMIN OPTION;

CREATE DATABASE acme OWNER acme_owner;
REVOKE CONNECT ON DATABASE acme FROM PUBLIC;
GRANT CONNECT ON DATABASE acme TO acme_rw, vault;
CREATE DATABASE globex OWNER globex_owner;
REVOKE CONNECT ON DATABASE globex FROM PUBLIC;
GRANT CONNECT ON DATABASE globex TO globex_rw, vault;
CREATE DATABASE initech OWNER initech_owner;
REVOKE CONNECT ON DATABASE initech FROM PUBLIC;
GRANT CONNECT ON DATABASE initech TO initech_rw, vault;

\connect acme
CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now());
ALTER TABLE visits OWNER TO acme_owner;
GRANT SELECT, INSERT ON visits TO acme_rw;
\connect globex
CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now());
ALTER TABLE visits OWNER TO globex_owner;
GRANT SELECT, INSERT ON visits TO globex_rw;
\connect initech
CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now());
ALTER TABLE visits OWNER TO initech_owner;
GRANT SELECT, INSERT ON visits TO initech_rw;

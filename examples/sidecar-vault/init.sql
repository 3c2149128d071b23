-- Rights belong to a group; the roles that Vault makes are members of it and own nothing.
CREATE ROLE orders_rw NOLOGIN;
CREATE ROLE vault LOGIN CREATEROLE PASSWORD 'vault-of-the-example';
GRANT orders_rw TO vault WITH ADMIN OPTION;
CREATE DATABASE orders;
REVOKE CONNECT ON DATABASE orders FROM PUBLIC;
GRANT CONNECT ON DATABASE orders TO orders_rw;

ALTER ROLE "{{name}}" NOLOGIN;
REASSIGN OWNED BY "{{name}}" TO TENANT_owner;
DROP OWNED BY "{{name}}";
DROP ROLE IF EXISTS "{{name}}";

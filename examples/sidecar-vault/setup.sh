#!/bin/sh
# A dynamic role of the database, and who may read it. Run with VAULT_ADDR and VAULT_TOKEN set; VAULT names the program.
set -eu
vault=${VAULT:-bao}
auth=${AUTH:-token}

$vault secrets enable database 2>/dev/null || true
$vault write database/config/orders plugin_name=postgresql-database-plugin allowed_roles=orders-app \
    connection_url="postgresql://{{username}}:{{password}}@${PGHOST:-postgres}:5432/orders?sslmode=${PGSSLMODE:-disable}" \
    username=vault password=vault-of-the-example
$vault write database/roles/orders-app db_name=orders default_ttl="${TTL:-1h}" max_ttl="${MAX_TTL:-24h}" \
    creation_statements="CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE orders_rw;" \
    revocation_statements="DROP ROLE IF EXISTS \"{{name}}\";"
$vault policy write orders-app - <<POLICY
path "database/creds/orders-app" { capabilities = ["read"] }
path "sys/leases/renew"          { capabilities = ["update"] }
path "sys/leases/revoke"         { capabilities = ["update"] }
POLICY

if [ "$auth" = kubernetes ]; then
    $vault write auth/kubernetes/role/orders-app bound_service_account_names=orders bound_service_account_namespaces=shop \
        audience=vault token_policies=orders-app token_ttl=1h
else
    $vault token create -policy=orders-app -period=1h -orphan -field=token >/run/vault/token
    chmod 0444 /run/vault/token
fi

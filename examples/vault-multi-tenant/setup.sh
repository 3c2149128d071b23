#!/bin/sh
# For each tenant: a database connection, a dynamic role, a policy that reads this role alone, and a way in for the gateway.
# Run with VAULT_ADDR and VAULT_TOKEN set; VAULT names the program. Beside creation.sql and revocation.sql.
set -eu
vault=${VAULT:-bao}
auth=${AUTH:-token}
here=$(dirname "$0")

$vault secrets enable database 2>/dev/null || true
for tenant in ${TENANTS:-acme globex initech}; do
    $vault write "database/config/$tenant" plugin_name=postgresql-database-plugin allowed_roles="$tenant-app" \
        connection_url="postgresql://{{username}}:{{password}}@${PGHOST:-postgres}:5432/$tenant?sslmode=${PGSSLMODE:-disable}" \
        username=vault password=vault-of-the-example
    $vault write "database/roles/$tenant-app" db_name="$tenant" default_ttl="${TTL:-1h}" max_ttl="${MAX_TTL:-24h}" \
        creation_statements="$(sed "s/TENANT/$tenant/g" "$here/creation.sql")" \
        revocation_statements="$(sed "s/TENANT/$tenant/g" "$here/revocation.sql")"
    $vault policy write "tenant-$tenant" - <<POLICY
path "database/creds/$tenant-app" { capabilities = ["read"] }
path "sys/leases/renew"           { capabilities = ["update"] }
path "sys/leases/revoke"          { capabilities = ["update"] }
POLICY
    if [ "$auth" = kubernetes ]; then
        $vault write "auth/kubernetes/role/tenant-$tenant" bound_service_account_names=postern \
            bound_service_account_namespaces=databases audience=vault token_policies="tenant-$tenant" token_ttl=1h
    else
        $vault token create -policy="tenant-$tenant" -period=1h -orphan -field=token >"/run/vault/$tenant"
        chmod 0444 "/run/vault/$tenant"
    fi
done

package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.Defaults;

/** Every default that does not follow from its type. */
final class ConfigDefaults {
    static final Defaults ALL = new Defaults()
            .with(ListenerTlsConfig.DEFAULTS)
            .with(KubernetesApiConfig.DEFAULTS)
            .with(BackendTlsConfig.DEFAULTS)
            .with(BackendConfig.class, "targetSessionAttrs", BackendConfig.DEFAULT_TARGET_SESSION_ATTRS)
            .with(BackendConfig.class, "loadBalanceHosts", BackendConfig.DEFAULT_LOAD_BALANCE_HOSTS)
            .with(BackendConfig.class, "dnsTtl", BackendConfig.DEFAULT_DNS_TTL)
            .with(PoolConfig.DEFAULTS)
            .with(RouteTimeoutsConfig.DEFAULTS)
            .with(TimeoutsConfig.DEFAULTS)
            .with(LimitsConfig.DEFAULTS)
            .with(NetworkConfig.DEFAULTS)
            .with(RouteLimitsConfig.class, "maxClientConnPerRoute", 0)
            .with(RouteLimitsConfig.class, "maxDbClientConnections", 0)
            .with(AdminConfig.class, "statsPeriod", AdminConfig.DEFAULT_STATS_PERIOD)
            .with(ThrottleConfig.DEFAULTS)
            .with(LoggingConfig.DEFAULTS)
            .with(CredentialsConfig.Vault.class, "kind", CredentialsConfig.Vault.DEFAULT_KIND)
            .with(CredentialsConfig.Secret.class, "userKey", CredentialsConfig.Secret.DEFAULT_USER_KEY)
            .with(CredentialsConfig.Secret.class, "passwordKey", CredentialsConfig.Secret.DEFAULT_PASSWORD_KEY)
            .with(ClientAuthConfig.AuthQuery.class, "method", ClientAuthConfig.AuthQuery.DEFAULT_METHOD)
            .with(ClientAuthConfig.AuthQuery.class, "database", ClientAuthConfig.AuthQuery.DEFAULT_DATABASE)
            .with(ClientAuthConfig.AuthQuery.class, "preset", ClientAuthConfig.AuthQuery.DEFAULT_PRESET)
            .with(ClientAuthConfig.AuthQuery.class, "poolSize", ClientAuthConfig.AuthQuery.DEFAULT_POOL_SIZE)
            .with(ClientAuthConfig.AuthQuery.class, "cacheTtl", ClientAuthConfig.AuthQuery.DEFAULT_CACHE_TTL)
            .with(ClientAuthConfig.Cert.class, "identity", ClientAuthConfig.Cert.DEFAULT_IDENTITY)
            .with(ClientAuthConfig.Hba.class, "identity", ClientAuthConfig.Cert.DEFAULT_IDENTITY)
            .with(OutsideAuthConfig.Jwt.class, "roleClaim", OutsideAuthConfig.Jwt.DEFAULT_ROLE_CLAIM)
            .with(OutsideAuthConfig.Jwt.class, "carrier", OutsideAuthConfig.Jwt.DEFAULT_CARRIER)
            .with(OutsideAuthConfig.Jwt.class, "scope", OutsideAuthConfig.Jwt.DEFAULT_SCOPE)
            .with(OutsideAuthConfig.TokenReview.class, "api", KubernetesApiConfig.DEFAULTS.address())
            .with(OutsideAuthConfig.TokenReview.class, "tokenFile", KubernetesApiConfig.DEFAULTS.tokenFile())
            .with(OutsideAuthConfig.TokenReview.class, "caFile", KubernetesApiConfig.DEFAULTS.caFile())
            .with(OutsideAuthConfig.Ldap.class, "tls", OutsideAuthConfig.Ldap.DEFAULT_TLS)
            .with(OutsideAuthConfig.Ldap.class, "attribute", OutsideAuthConfig.Ldap.DEFAULT_ATTRIBUTE)
            .with(OutsideAuthConfig.Ldap.class, "timeout", OutsideAuthConfig.Ldap.DEFAULT_TIMEOUT)
            .with(VaultConnectionConfig.class, "idleAfter", VaultConnectionConfig.DEFAULT_IDLE_AFTER)
            .with(VaultAuthConfig.Kubernetes.class, "role", VaultAuthConfig.Kubernetes.DEFAULT_ROLE)
            .with(VaultAuthConfig.Kubernetes.class, "mount", VaultAuthConfig.Kubernetes.DEFAULT_MOUNT)
            .with(VaultAuthConfig.Kubernetes.class, "tokenFile", VaultAuthConfig.Kubernetes.DEFAULT_TOKEN_FILE)
            .with(VaultAuthConfig.Jwt.class, "mount", VaultAuthConfig.Jwt.DEFAULT_MOUNT)
            .with(VaultAuthConfig.Cert.class, "mount", VaultAuthConfig.Cert.DEFAULT_MOUNT)
            .with(VaultAuthConfig.AppRole.class, "mount", VaultAuthConfig.AppRole.DEFAULT_MOUNT);

    private ConfigDefaults() {}
}

package dev.postern.gateway;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.rds.AwsCredentialProvider;
import dev.postern.auth.credentials.rds.AwsProviders;
import dev.postern.auth.credentials.rds.RdsCredentialSource;
import dev.postern.gateway.config.BackendHost;
import dev.postern.gateway.config.CredentialsConfig;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/**
 * Who the gateway is at AWS: what the environment gives it, and the roles that routes assume. Routes with the same role
 * and region share one identity, so that many of them ask AWS once. Used by one thread at a time.
 */
final class AwsIdentities {
    private final BackgroundTasks tasks;
    private final Map<String, String> environment;
    private final Map<String, AwsProviders> regions = new HashMap<>();
    private final Map<Key, AwsCredentialProvider> identities = new HashMap<>();

    /** @param roleArn empty: the environment's own identity */
    private record Key(String region, String roleArn, String externalId) {}

    AwsIdentities(BackgroundTasks tasks, Map<String, String> environment) {
        this.tasks = tasks;
        this.environment = environment;
    }

    /** @param endpoint what tokens are signed for */
    CredentialSource source(String route, CredentialsConfig.RdsIam config, BackendHost endpoint) throws StartFailure {
        try {
            String region = RdsCredentialSource.region(config.region().orElse(""), environment, endpoint.host());
            AwsCredentialProvider identity = identity(new Key(
                    region, config.roleArn().orElse(""), config.externalId().orElse("")));
            return RdsCredentialSource.of(
                    endpoint.host(), endpoint.port(), config.user(), region, identity, tasks, Clock.systemUTC());
        } catch (CredentialUnavailable | IllegalArgumentException e) { // the latter: an endpoint that is no address
            throw new StartFailure("route " + route + ": credentials.rdsIam: " + e.getMessage(), e);
        }
    }

    private AwsCredentialProvider identity(Key key) {
        AwsCredentialProvider known = identities.get(key);
        if (known != null) {
            return known;
        }
        AwsProviders providers = regions.computeIfAbsent(
                key.region(), region -> new AwsProviders(environment, region, Clock.systemUTC()));
        AwsCredentialProvider made = key.roleArn().isEmpty()
                ? providers.standard()
                : providers.assuming(key.roleArn(), key.externalId(), identity(new Key(key.region(), "", "")));
        identities.put(key, made);
        return made;
    }
}

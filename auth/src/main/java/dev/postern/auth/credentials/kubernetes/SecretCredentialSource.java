package dev.postern.auth.credentials.kubernetes;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.PolledCredentialSource;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import java.time.Duration;

/** User and password from a Kubernetes Secret that is watched by the API; see {@link SecretReader} and {@link PolledCredentialSource}. */
public final class SecretCredentialSource {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration WITHOUT_WATCH = Duration.ofSeconds(15);

    private SecretCredentialSource() {}

    /** @param api stays open when the source is closed: others use it too */
    public static CredentialSource of(
            ApiServer api, String namespace, String name, String userKey, String passwordKey, BackgroundTasks tasks) {
        return of(api, new ObjectName("secrets", namespace, name), userKey, passwordKey, WITHOUT_WATCH, tasks);
    }

    static CredentialSource of(
            ApiServer api,
            ObjectName secret,
            String userKey,
            String passwordKey,
            Duration withoutWatch,
            BackgroundTasks tasks) {
        SecretReader reader = new SecretReader(api, secret, userKey, passwordKey, withoutWatch, tasks);
        PolledCredentialSource source = new PolledCredentialSource(reader, tasks, FIRST_RETRY, withoutWatch);
        reader.onChange(source::readNow);
        return source;
    }
}

package dev.postern.auth.credentials.cloud;

import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialReader;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.PolledCredentialSource;
import java.time.Duration;
import java.util.Map;

/** A role whose password is an access token, kept for as long as it is good. A new one replaces no connection that is open. */
public final class TokenCredentialSource {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofSeconds(30);

    /** The next one is asked for so long before the end; metadata servers have a new one by then. */
    private static final Duration EARLY = Duration.ofMinutes(4);

    private TokenCredentialSource() {}

    /** For Azure Database for PostgreSQL. */
    public static CredentialSource azure(String user, Map<String, String> environment, BackgroundTasks tasks) {
        return of(user, "azure", new AzureTokens(environment), tasks);
    }

    /** For Cloud SQL. */
    public static CredentialSource google(String user, Map<String, String> environment, BackgroundTasks tasks) {
        return of(user, "cloudSql", new GoogleTokens(environment), tasks);
    }

    static CredentialSource of(String user, String kind, AccessTokens tokens, BackgroundTasks tasks) {
        return new PolledCredentialSource(new Reader(user, kind, tokens), tasks, FIRST_RETRY, MAX_RETRY);
    }

    private record Reader(String user, String kind, AccessTokens tokens) implements CredentialReader {
        @Override
        public Reading read() throws CredentialUnavailable {
            AccessToken token = tokens.get();
            Duration left = token.lifetime().minus(EARLY);
            Duration half = token.lifetime().dividedBy(2);
            return new Reading(user, token.token(), left.compareTo(half) > 0 ? left : half, token.lifetime());
        }

        @Override
        public boolean replacesConnections(Credential before, Reading after) {
            return !before.user().equals(after.user());
        }

        @Override
        public String describe() {
            return kind + " " + user + " by " + tokens.describe();
        }
    }
}

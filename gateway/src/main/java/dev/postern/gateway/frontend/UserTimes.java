package dev.postern.gateway.frontend;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The limits on time of a route's sessions: those of a user that has its own, or everybody's.
 *
 * @param everybody of users that are not among the others
 * @param users by the name that clients log in with
 */
public record UserTimes(SessionTimeouts everybody, Map<String, Own> users) {
    public static final UserTimes NONE = new UserTimes(SessionTimeouts.NONE, Map.of());

    /**
     * One user's.
     *
     * @param queryWaitTimeout empty where the pool's is in force
     */
    public record Own(SessionTimeouts timeouts, Optional<Duration> queryWaitTimeout) {}

    public UserTimes {
        users = Map.copyOf(users);
    }

    SessionTimeouts of(String user) {
        Own own = users.get(user);
        return own == null ? everybody : own.timeouts();
    }

    Duration queryWaitTimeout(String user, Duration ofPool) {
        Own own = users.get(user);
        return own == null ? ofPool : own.queryWaitTimeout().orElse(ofPool);
    }

    boolean any() {
        return everybody.any()
                || users.values().stream().anyMatch(own -> own.timeouts().any());
    }
}

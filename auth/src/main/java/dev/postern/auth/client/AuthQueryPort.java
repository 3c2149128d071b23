package dev.postern.auth.client;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Runs the look-up query on the authentication database. Whoever implements it uses credentials of the look-up's own, the
 * settings of {@link AuthQuerySql#PINNED_OPTIONS}, and nothing a client sent but the user name, as a bound parameter.
 */
public interface AuthQueryPort {
    /**
     * Never blocks; at most one row is asked for.
     *
     * @return the row, or empty when there is none; fails with the operator's reason in the exception's message
     */
    CompletionStage<Optional<AuthQueryRow>> lookUp(String user);
}

package dev.postern.gateway.backend;

import dev.postern.gateway.pool.ServerFailure;
import java.util.List;

/**
 * Why one host gave no server connection.
 *
 * @param failure for the pool
 * @param sqlState what the server itself said; empty when it said nothing
 * @param tryNext whether the next host may do better (libpq's rule: not when this one refused the login)
 */
record OpenFailure(ServerFailure failure, String sqlState, boolean tryNext) {
    static OpenFailure unreachable(String detail) {
        return new OpenFailure(new ServerFailure(ServerFailure.Kind.UNREACHABLE, detail), "", true);
    }

    /** It let us in, and is not what {@code targetSessionAttrs} wants. */
    static OpenFailure notTarget(String detail) {
        return new OpenFailure(new ServerFailure(ServerFailure.Kind.NO_TARGET_SERVER, detail), "", true);
    }

    /** The same with what all hosts said. */
    OpenFailure withDetails(List<String> details) {
        return details.size() < 2
                ? this
                : new OpenFailure(
                        new ServerFailure(
                                failure.kind(), String.join("; ", details), failure.sqlState(), failure.message()),
                        sqlState,
                        tryNext);
    }

    static OpenFailure refused(ServerFailure.Kind kind, String detail, String sqlState, String message) {
        boolean login = kind == ServerFailure.Kind.LOGIN_FAILED;
        return new OpenFailure(new ServerFailure(kind, detail, sqlState, message), sqlState, !login);
    }
}

package dev.postern.gateway.backend;

import dev.postern.gateway.pool.ServerFailure;

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

    static OpenFailure refused(ServerFailure.Kind kind, String detail, String sqlState) {
        boolean login = kind == ServerFailure.Kind.LOGIN_FAILED;
        return new OpenFailure(new ServerFailure(kind, detail), sqlState, !login);
    }
}

package dev.postern.gateway.frontend;

import dev.postern.gateway.pool.CheckoutFailure;
import dev.postern.gateway.pool.ServerFailure;
import dev.postern.gateway.protocol.Refusal;

/** What a pool's failure means to a client. */
final class Refusals {
    private Refusals() {}

    static Refusal of(CheckoutFailure failure, String route) {
        return switch (failure) {
            case CheckoutFailure.WaitTimeout(var waited) -> new Refusal.QueryWaitTimeout(route, waited);
            case CheckoutFailure.NoServer(ServerFailure cause) -> of(cause, route);
            case CheckoutFailure.PoolClosed() -> new Refusal.RouteRemoved(route);
        };
    }

    /** What became of a connection that was opened for this client alone: the server's own word on it counts. */
    static Refusal ofReplication(ServerFailure failure, String route) {
        return failure.sqlState().isEmpty() || !refusesReplication(failure.kind())
                ? of(failure, route)
                : new Refusal.ReplicationRefused(route, failure.sqlState(), failure.message(), failure.detail());
    }

    private static boolean refusesReplication(ServerFailure.Kind kind) {
        return kind == ServerFailure.Kind.LOGIN_FAILED || kind == ServerFailure.Kind.TOO_MANY_CONNECTIONS;
    }

    private static Refusal of(ServerFailure cause, String route) {
        return switch (cause.kind()) {
            case UNREACHABLE -> new Refusal.ServerUnreachable(route, "", cause.detail());
            case NO_TARGET_SERVER -> new Refusal.NoTargetServer(route, cause.detail());
            case STARTING -> new Refusal.ServerStarting(route, cause.detail());
            case TOO_MANY_CONNECTIONS -> new Refusal.PoolExhausted(route);
            case LOGIN_FAILED -> new Refusal.ServerLoginFailed(route, "", "", cause.detail());
            case SUPERUSER -> new Refusal.SuperuserRefused("", route);
            case CREDENTIAL_REPLACED, CREDENTIAL_UNAVAILABLE ->
                new Refusal.CredentialUnavailable(route, cause.detail());
        };
    }
}

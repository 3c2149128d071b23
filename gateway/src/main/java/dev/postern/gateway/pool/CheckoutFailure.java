package dev.postern.gateway.pool;

import java.time.Duration;

/** Why a waiter got no server. */
public sealed interface CheckoutFailure {
    /** Every server was busy for all that time. */
    record WaitTimeout(Duration waited) implements CheckoutFailure {}

    /** Servers could not be opened. */
    record NoServer(ServerFailure failure) implements CheckoutFailure {}

    /** The pool has ended. */
    record PoolClosed() implements CheckoutFailure {}
}

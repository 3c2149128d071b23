/**
 * Server pools: waiters, checkout, ageing and refilling. Ports only: no channel, no wire message, no clock of its own, so
 * that every rule is tested with a fake clock. A pool belongs to one event loop and is used on that loop alone.
 */
@NullMarked
package dev.postern.gateway.pool;

import org.jspecify.annotations.NullMarked;

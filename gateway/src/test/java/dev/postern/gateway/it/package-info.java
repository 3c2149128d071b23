/**
 * Scenarios that a client sees: each runs against plain PostgreSQL and through the gateway and must look the same. What
 * they stand on (servers, wire client, gateway in process) is in {@code harness}.
 */
@NullMarked
package dev.postern.gateway.it;

import org.jspecify.annotations.NullMarked;

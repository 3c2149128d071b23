/**
 * What operators look at: health, readiness, metrics and a status page over HTTP. Knows the gateway by {@link
 * dev.postern.gateway.admin.GatewayPort} alone, which the root package implements.
 */
@NullMarked
package dev.postern.gateway.admin;

import org.jspecify.annotations.NullMarked;

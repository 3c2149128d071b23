/** The environment variables of {@code postern sidecar}, and the configuration that they are. Uses config and pgbouncer. */
@NullMarked
package dev.postern.gateway.sidecar;

import org.jspecify.annotations.NullMarked;

/** Server connections: resolve, connect, TLS, log in, check, reset, cancel, close. */
@NullMarked
package dev.postern.gateway.backend;

import org.jspecify.annotations.NullMarked;

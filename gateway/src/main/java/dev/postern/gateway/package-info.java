/** Wires the gateway together: {@code Main}, the life of the process, reload and drain. */
@NullMarked
package dev.postern.gateway;

import org.jspecify.annotations.NullMarked;

/** How log events are written: text that no value can forge a line of, or JSON. */
@NullMarked
package dev.postern.gateway.logging;

import org.jspecify.annotations.NullMarked;

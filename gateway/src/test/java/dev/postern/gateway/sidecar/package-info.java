@NullMarked
package dev.postern.gateway.sidecar;

import org.jspecify.annotations.NullMarked;

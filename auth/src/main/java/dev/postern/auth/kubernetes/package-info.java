/** A Kubernetes ServiceAccount's token as proof of who a client is. */
@NullMarked
package dev.postern.auth.kubernetes;

import org.jspecify.annotations.NullMarked;

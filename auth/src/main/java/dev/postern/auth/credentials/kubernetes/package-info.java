/** Credentials that a Kubernetes cluster keeps or gives out. */
@NullMarked
package dev.postern.auth.credentials.kubernetes;

import org.jspecify.annotations.NullMarked;

/** The API server of a Kubernetes cluster: requests, and the watch of one object. */
@NullMarked
package dev.postern.auth.kubernetes.api;

import org.jspecify.annotations.NullMarked;

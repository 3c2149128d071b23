/** Certificates and contexts: server names, client identity, hot reload, channel-binding data. Knows TLS, not Postgres. */
@NullMarked
package dev.postern.tls;

import org.jspecify.annotations.NullMarked;

/**
 * {@code postern demo}: two throw-away PostgreSQL servers with three tenants' databases, a throw-away certificate
 * authority, and the gateway in front of them with one TLS endpoint. Everything it starts ends with it.
 */
@NullMarked
package dev.postern.demo;

import org.jspecify.annotations.NullMarked;

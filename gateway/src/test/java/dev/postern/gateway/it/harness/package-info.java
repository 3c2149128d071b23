/**
 * What the scenarios stand on: embedded PostgreSQL servers, a client that speaks the protocol by hand, a recording proxy,
 * a scripted backend, and a gateway in this process.
 */
@NullMarked
package dev.postern.gateway.it.harness;

import org.jspecify.annotations.NullMarked;

/** PgBouncer's configuration: its keys, their equivalents here, and its ini file. Pure, but for reading files. */
@NullMarked
package dev.postern.gateway.pgbouncer;

import org.jspecify.annotations.NullMarked;

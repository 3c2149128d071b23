/**
 * PgBouncer's admin console: the virtual database {@code pgbouncer}. Commands and tables are PgBouncer's, so that its
 * exporters, dashboards and scripts work unchanged. Knows the gateway by {@link
 * dev.postern.gateway.console.ConsolePort} alone, which the root package implements.
 */
@NullMarked
package dev.postern.gateway.console;

import org.jspecify.annotations.NullMarked;

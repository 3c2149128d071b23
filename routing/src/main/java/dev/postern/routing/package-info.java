/**
 * From startup facts to a route: pure functions over immutable snapshots.
 *
 * <p>A client says up to three things: the TLS server name, a route in its {@code options}, and the database. They are
 * asked in this order, and the first that leads to a route decides; a later one that contradicts it is an error and never
 * ignored. A server name that belongs to no route says nothing: most clients send one, and for many it is simply the
 * gateway's own.
 *
 * <p>A database name is looked up as it is (case-sensitive, as in PostgreSQL): exact names first; then patterns, the one
 * with the most literal characters first, of two with as many the one with the longer beginning before its first star,
 * then in the order of their texts; {@code *} alone, which has no literal character, comes last by that rule. Server
 * names are case-insensitive: exact names first, then {@code *.example.com}, whose star stands for one label.
 */
@NullMarked
package dev.postern.routing;

import org.jspecify.annotations.NullMarked;

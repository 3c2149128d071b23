/** From startup facts to a route: pure functions over immutable snapshots. */
@NullMarked
package dev.postern.routing;

import org.jspecify.annotations.NullMarked;

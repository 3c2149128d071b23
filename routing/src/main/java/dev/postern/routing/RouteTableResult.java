package dev.postern.routing;

import java.util.List;

/** A table, or everything that stands in its way. */
public sealed interface RouteTableResult<T> {

    record Built<T>(RouteTable<T> table) implements RouteTableResult<T> {}

    /** All conflicts, in the order of the entries. */
    record Conflicted<T>(List<RouteConflict> conflicts) implements RouteTableResult<T> {
        public Conflicted {
            conflicts = List.copyOf(conflicts);
        }
    }
}

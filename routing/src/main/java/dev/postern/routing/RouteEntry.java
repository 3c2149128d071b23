package dev.postern.routing;

/**
 * One route of a table.
 *
 * @param name unique in the table; what a client's option names
 * @param match which clients take it
 * @param target what the caller finds there; the table only hands it on
 */
public record RouteEntry<T>(String name, RouteMatch match, T target) {}

package dev.postern.routing;

/**
 * Why an entry cannot be in a table.
 *
 * @param route the entry that has to go or change: of two, the later one
 * @param what what is wrong with it, naming the other one
 */
public record RouteConflict(String route, String what) {
    @Override
    public String toString() {
        return "route " + route + ": " + what;
    }
}

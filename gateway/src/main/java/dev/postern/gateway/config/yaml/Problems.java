package dev.postern.gateway.config.yaml;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Collects the problems of one file, and knows where each key of it stands. A value that already has a problem, and
 * everything below it, gets no second one: what follows from a mistake is not a mistake of its own. Not thread-safe.
 */
public final class Problems {
    private static final Position START = new Position(1, 1);

    private final String file;
    private final List<Problem> found = new ArrayList<>();
    private final Map<String, Position> positions = new HashMap<>();
    private final Set<String> settled = new HashSet<>();

    private record Position(int line, int column) {}

    public Problems(String file) {
        this.file = file;
    }

    /** Reports at the position of the path, or at that of the nearest object around it that stands in the file. */
    public void report(KeyPath path, String what, String expected) {
        if (isSettled(path)) {
            return;
        }
        Position position = positionOf(path.text());
        settled.add(path.text());
        found.add(new Problem(file, position.line(), position.column(), path.text(), what, expected));
    }

    /** Reports something about another file that this one names, or about the file as a whole. */
    public void report(Problem problem) {
        found.add(problem);
    }

    /** Whether the path, or something around it, has a problem already. */
    public boolean isSettled(KeyPath path) {
        if (settled.isEmpty()) {
            return false;
        }
        return ancestry(path.text()).stream().anyMatch(settled::contains);
    }

    /** In the order of the file. */
    public List<Problem> sorted() {
        return found.stream().sorted().toList();
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    String file() {
        return file;
    }

    void locate(KeyPath path, Node node) {
        node.getStartMark().ifPresent(mark -> positions.put(path.text(), position(mark)));
    }

    /** No problem will be reported at this path: a misspelt key stands for it, and has its own. */
    void settle(KeyPath path) {
        settled.add(path.text());
    }

    /** Reports at a position of the text; what stands at the path may still get problems of its own. */
    void reportAt(Optional<Mark> mark, KeyPath path, String what, String expected) {
        Position position = mark.map(Problems::position).orElse(START);
        found.add(new Problem(file, position.line(), position.column(), path.text(), what, expected));
    }

    private static Position position(Mark mark) {
        return new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }

    private Position positionOf(String path) {
        for (String around : ancestry(path)) {
            Position position = positions.get(around);
            if (position != null) {
                return position;
            }
        }
        return START;
    }

    /** The path itself first, the root last. A dot inside a quoted key only adds a path that nothing stands at. */
    private static List<String> ancestry(String path) {
        List<String> paths = new ArrayList<>();
        String rest = path;
        while (!rest.isEmpty()) {
            paths.add(rest);
            rest = rest.substring(0, Math.max(0, Math.max(rest.lastIndexOf('.'), rest.lastIndexOf('['))));
        }
        paths.add("");
        return paths;
    }
}

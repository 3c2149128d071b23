package dev.postern.auth.hba;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Everything wrong with one file, each as {@code file:line:column: sentence}. */
final class Problems {
    private final String file;
    private final List<Problem> found = new ArrayList<>();

    private record Problem(int line, int column, String sentence) {}

    Problems(String file) {
        this.file = file;
    }

    void add(int line, int column, String sentence) {
        found.add(new Problem(line, column, sentence));
    }

    int count() {
        return found.size();
    }

    /** In the order of the file. */
    List<String> all() {
        return found.stream()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .map(p -> file + ":" + p.line() + ":" + p.column() + ": " + p.sentence())
                .toList();
    }
}

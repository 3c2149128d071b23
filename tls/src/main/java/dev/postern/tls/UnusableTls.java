package dev.postern.tls;

import java.util.List;
import java.util.stream.Collectors;

/** Settings or files from which no TLS context can be made, with every reason found. Thrown at start; a reload keeps what it has. */
public final class UnusableTls extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<TlsProblem> problems;

    UnusableTls(List<TlsProblem> problems) {
        super(problems.stream().map(TlsProblem::toString).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    UnusableTls(String source, String what) {
        this(List.of(new TlsProblem(source, what)));
    }

    /** In the order of the settings; never empty. */
    public List<TlsProblem> problems() {
        return problems;
    }
}

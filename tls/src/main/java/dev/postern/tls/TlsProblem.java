package dev.postern.tls;

/**
 * One thing that makes a setting or a file unusable, for the operator.
 *
 * @param source the file, or the setting, it is about
 * @param what what is wrong with it, and what was expected
 */
public record TlsProblem(String source, String what) {
    @Override
    public String toString() {
        return source + ": " + what;
    }
}

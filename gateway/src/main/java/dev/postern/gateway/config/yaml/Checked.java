package dev.postern.gateway.config.yaml;

/**
 * A record with rules about its own components (ranges, one of two, ...). The binder calls it once for each object, also
 * when one of the components is a stand-in for a value that had a problem: problems of such values are dropped.
 */
public interface Checked {
    void check(Checks checks);
}

package dev.postern.gateway.config.yaml;

/** An enum whose constants have a spelling of their own in the file. */
public interface Keyword {
    /** As written in the file, for example {@code verify-full}. */
    String keyword();
}

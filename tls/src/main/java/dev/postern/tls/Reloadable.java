package dev.postern.tls;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Something made from files that can be made again from them while it is in use. All methods may be called from any thread. */
public interface Reloadable {
    /** The files whose change calls for a reload. */
    List<Path> files();

    /** Reads the files again. Blocks; a refusal leaves everything as it was. */
    ReloadOutcome reload();

    /** Whether it is of no use any more: nothing is reloaded or maintained then, and nobody need watch it. */
    boolean isClosed();

    /** What is to be done by the clock rather than by a change: warnings, keys that must not grow old. */
    void maintain(Instant now);
}

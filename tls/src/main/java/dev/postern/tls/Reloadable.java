package dev.postern.tls;

import java.nio.file.Path;
import java.util.List;

/** Something made from files that can be made again from them while it is in use. */
public interface Reloadable {
    /** The files whose change calls for a reload. */
    List<Path> files();

    /** Reads the files again. Blocks; safe to call from several threads; a refusal leaves everything as it was. */
    ReloadOutcome reload();
}

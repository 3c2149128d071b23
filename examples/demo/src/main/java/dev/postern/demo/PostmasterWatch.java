package dev.postern.demo;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A small process that outlives us just long enough: when this JVM ends in whatever way, {@code kill -9} included, its
 * standard input ends, and it stops every PostgreSQL server below the folder and deletes the folder. An orderly end takes
 * the same way, so that it is tried each time.
 */
final class PostmasterWatch implements AutoCloseable {
    private static final int STOP_SECONDS = 30;

    // $1 is the folder. Ctrl-C reaches the whole process group, so the signals are ignored: only the end of input
    // counts.
    // QUIT is PostgreSQL's immediate shutdown, without a checkpoint: nobody wants the data any more.
    // A server in single-user mode writes its process id with a minus sign.
    private static final String SCRIPT = """
            trap '' INT TERM HUP QUIT
            cat >/dev/null
            case $1 in */postern-demo-*) ;; *) exit 2 ;; esac
            running() { for f in "$1"/*/postmaster.pid; do [ -f "$f" ] && return 0; done; return 1; }
            for signal in QUIT KILL; do
                for f in "$1"/*/postmaster.pid; do
                    [ -f "$f" ] && pid=$(head -n 1 "$f") && kill -"$signal" "${pid#-}" 2>/dev/null
                done
                n=0
                while running "$1" && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
                running "$1" || break
            done
            rm -rf "$1"
            """;

    // A session of its own, where the system has the command: a signal to our process group must not reach it.
    private static final String OWN_SESSION =
            "command -v setsid >/dev/null && exec setsid sh -c \"$1\" postern-demo-watch \"$2\";"
                    + " exec sh -c \"$1\" postern-demo-watch \"$2\"";

    private final Process process;

    private PostmasterWatch(Process process) {
        this.process = process;
    }

    /** Watches over the folder: data directories are its direct children; its name begins with {@code postern-demo-}. */
    static PostmasterWatch over(Path folder) throws IOException {
        return new PostmasterWatch(new ProcessBuilder("sh", "-c", OWN_SESSION, "watch", SCRIPT, folder.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .directory(new File("/"))
                .start());
    }

    /** Stops the servers, deletes the folder, returns when both are done. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException alreadyGone) {
            // It ended before us; there is nobody left to tell.
        }
        try {
            process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.postern.auth.client;

import dev.postern.auth.Secret;
import java.nio.file.Path;

/** Where a configured user's password, verifier or md5 hash stands. */
public sealed interface PasswordSource {
    /** In the configuration itself. */
    record Inline(Secret text) implements PasswordSource {}

    /** In a file of its own; line ends at its end do not count. Read again on each reload. */
    record FromFile(Path file) implements PasswordSource {}
}

package dev.postern.auth.credentials;

import java.nio.file.Path;
import java.time.Duration;

/** User and password from files that are watched by their content; see {@link FileCredentialReader} and {@link PolledCredentialSource}. */
public final class FileCredentialSource {
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private FileCredentialSource() {}

    /** A fixed user whose password is the file's content. */
    public static CredentialSource of(String user, Path passwordFile, BackgroundTasks tasks) {
        return of(new FileCredentialReader(user, passwordFile, INTERVAL), tasks);
    }

    /** Both from files, which change together. */
    public static CredentialSource of(Path userFile, Path passwordFile, BackgroundTasks tasks) {
        return of(new FileCredentialReader(userFile, passwordFile, INTERVAL), tasks);
    }

    private static CredentialSource of(CredentialReader reader, BackgroundTasks tasks) {
        return new PolledCredentialSource(reader, tasks, INTERVAL, INTERVAL);
    }
}

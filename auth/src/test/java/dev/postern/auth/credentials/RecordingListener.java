package dev.postern.auth.credentials;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it hears, as short texts: {@code rotated 2}, {@code spent 1}, {@code lost 1}, {@code ended 1}. */
public final class RecordingListener implements CredentialListener {
    private final List<String> heard = new CopyOnWriteArrayList<>();

    @Override
    public void rotated(Credential current) {
        heard.add("rotated " + current.generation());
    }

    @Override
    public void spent(Credential credential) {
        heard.add("spent " + credential.generation());
    }

    @Override
    public void lost(Credential credential, String reason) {
        heard.add("lost " + credential.generation());
    }

    @Override
    public void ended(Credential credential, String reason) {
        heard.add("ended " + credential.generation());
    }

    public List<String> heard() {
        return List.copyOf(heard);
    }
}

package dev.postern.auth.credentials;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Gives the credential of a route's server connections. All methods may be called on any thread and none blocks. */
public interface CredentialSource extends AutoCloseable {
    /** The credential for a new server connection; fails with {@link CredentialUnavailable}. */
    CompletionStage<Credential> current();

    /** The listener hears of every generation that becomes current after the call, on a thread of the source's choice. */
    void onRotation(Consumer<Credential> listener);

    /** The server refused this credential (28P01, 42704 ...): a leased one is replaced, a watched one read again. */
    void refused(Credential used, String sqlState);

    @Override
    void close();
}

package dev.postern.auth.client;

import java.util.concurrent.CompletionStage;

/** Knows the users of a route and what is stored of their passwords. Safe for use by all event loops; never blocks. */
public interface UserStore {
    Lookup find(String user);

    /**
     * A proof against what {@link #find} gave has failed: the password may have been changed since.
     *
     * @return whether {@code find} will now look again where it gave a remembered answer
     */
    default boolean lookAgain(String user) {
        return false;
    }

    /** Whether its users are such that md5 can ask them: one that is not there is then asked for the same. */
    default boolean keepsMd5() {
        return true;
    }

    /** What a look-up gives. */
    sealed interface Lookup {
        record Found(StoredPassword password) implements Lookup {}

        record Unknown() implements Lookup {}

        /** The users cannot be asked; the reason is the operator's. */
        record Failed(String why) implements Lookup {}

        /** Completes on any thread, never exceptionally, and never with another {@code Pending}. */
        record Pending(CompletionStage<Lookup> lookup) implements Lookup {}

        /** A store that breaks its promise and fails is one that cannot be asked: no login may hang on it. */
        static CompletionStage<Lookup> answered(CompletionStage<Lookup> lookup) {
            return lookup.exceptionally(failure -> new Failed("user look-up failed: " + failure));
        }
    }
}

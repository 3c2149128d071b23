package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.CredentialLogKeys;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;

/** The last thing that went wrong with a credential, for its status; one that repeats itself is logged once. Guarded by its owner's lock. */
final class LastTrouble {
    private final Logger log;
    private final String source;
    private String text = "";
    private Optional<Instant> at = Optional.empty();

    LastTrouble(Logger log, String source) {
        this.log = log;
        this.source = source;
    }

    /** Empty when nothing ever went wrong. */
    String text() {
        return text;
    }

    Optional<Instant> at() {
        return at;
    }

    void note(String what, Instant when) {
        text = what;
        at = Optional.of(when);
    }

    void warn(String event, String what, Instant when) {
        if (!what.equals(text)) {
            log.atWarn()
                    .addKeyValue(CredentialLogKeys.SOURCE, source)
                    .addKeyValue(CredentialLogKeys.DETAIL, what)
                    .log(event);
        }
        note(what, when);
    }
}

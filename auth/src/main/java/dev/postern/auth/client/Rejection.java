package dev.postern.auth.client;

import java.time.Duration;
import java.time.Instant;

/** Why a client may not come in. The words are the operator's: what the client reads is decided where errors are mapped. */
public sealed interface Rejection {
    /** A short fixed word for metrics and the audit log. */
    String reason();

    /** The operator's sentence. Names users and databases, never a secret. */
    String detail();

    /** Reasons a client must not be able to tell apart, by text, SQLSTATE or time: PostgreSQL's 28P01. */
    sealed interface PasswordFailed extends Rejection {}

    record BadPassword(String user) implements PasswordFailed {
        @Override
        public String reason() {
            return "bad_password";
        }

        @Override
        public String detail() {
            return "wrong password for user \"" + user + "\"";
        }
    }

    record UnknownUser(String user) implements PasswordFailed {
        @Override
        public String reason() {
            return "unknown_user";
        }

        @Override
        public String detail() {
            return "no user \"" + user + "\" here";
        }
    }

    record UnknownDatabase(String database) implements PasswordFailed {
        @Override
        public String reason() {
            return "unknown_database";
        }

        @Override
        public String detail() {
            return "no route serves database \"" + database + "\"";
        }
    }

    /** VALID UNTIL has passed. */
    record Expired(String user, Instant validUntil) implements PasswordFailed {
        @Override
        public String reason() {
            return "expired";
        }

        @Override
        public String detail() {
            return "the password of user \"" + user + "\" was valid until " + validUntil;
        }
    }

    /** A token that is forged, stale, for somebody else, or for another role. */
    record TokenRefused(String user, String why) implements PasswordFailed {
        @Override
        public String reason() {
            return "token_refused";
        }

        @Override
        public String detail() {
            return "the token for user \"" + user + "\" is refused: " + why;
        }
    }

    /** What is stored for the user does not serve the method, e.g. an md5 hash where SCRAM is asked for. */
    record UnusablePassword(String user, String why) implements PasswordFailed {
        @Override
        public String reason() {
            return "unusable_password";
        }

        @Override
        public String detail() {
            return "the stored password of user \"" + user + "\" cannot be used: " + why;
        }
    }

    /** Known and forbidden, by rule, address, role or missing TLS. */
    record NotAllowed(String why) implements Rejection {
        @Override
        public String reason() {
            return "not_allowed";
        }

        @Override
        public String detail() {
            return why;
        }
    }

    /** SCRAM channel binding does not fit: someone is in the middle, or TLS ends before us. PostgreSQL's 28000. */
    record ChannelBindingFailed(String why) implements Rejection {
        @Override
        public String reason() {
            return "channel_binding";
        }

        @Override
        public String detail() {
            return why;
        }
    }

    /** The message is malformed or not legal now. PostgreSQL's 08P01. */
    record ProtocolError(String why) implements Rejection {
        @Override
        public String reason() {
            return "protocol_error";
        }

        @Override
        public String detail() {
            return why;
        }
    }

    /** Too many failures from this address or for this user: come back later. */
    record Throttled(Duration retryAfter) implements Rejection {
        @Override
        public String reason() {
            return "throttled";
        }

        @Override
        public String detail() {
            return "too many failed logins; next attempt in " + retryAfter.toMillis() + " ms";
        }
    }

    /** Whoever knows the users cannot be asked now. */
    record LookupFailed(String why) implements Rejection {
        @Override
        public String reason() {
            return "lookup_failed";
        }

        @Override
        public String detail() {
            return why;
        }
    }
}

package dev.postern.auth.password;

/** Whether SCRAM-SHA-256-PLUS is used; libpq's words for its {@code channel_binding}. */
public enum ChannelBinding {
    /** Never. */
    DISABLE,
    /** Where both sides can. */
    PREFER,
    /** Or the login fails. */
    REQUIRE
}

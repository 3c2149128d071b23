package dev.postern.auth.credentials;

/** Keys of the log's events about credentials; those that other events have too are spelled as there. docs/operations.md lists the events. */
public final class CredentialLogKeys {
    /** Where the credential comes from, as {@code SHOW CREDENTIALS} has it. */
    public static final String SOURCE = "source";
    /** A name of {@code vaultConnections}. */
    public static final String CONNECTION = "connection";
    /** How the gateway logs in to Vault. */
    public static final String LOGIN = "login";
    /** The role on the server. */
    public static final String USER = "user";

    public static final String GENERATION = "generation";
    /** How long a lease or token lives unless it is renewed, in seconds. */
    public static final String TTL = "ttl_s";
    /** How long Vault did not answer, in seconds. */
    public static final String AWAY = "away_s";
    /** The reason in words, with names and addresses: for operators alone. */
    public static final String DETAIL = "detail";

    private CredentialLogKeys() {}
}

package dev.postern.auth.credentials.cloud;

import dev.postern.auth.credentials.CredentialUnavailable;

/** Where access tokens come from. Blocks. */
interface AccessTokens {
    AccessToken get() throws CredentialUnavailable;

    /** For the operator. */
    String describe();
}

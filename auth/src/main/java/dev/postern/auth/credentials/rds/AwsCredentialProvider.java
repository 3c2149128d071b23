package dev.postern.auth.credentials.rds;

import dev.postern.auth.credentials.CredentialUnavailable;

/** Where AWS credentials come from. Blocks. */
public interface AwsCredentialProvider {
    AwsCredentials get() throws CredentialUnavailable;

    /** For the operator. */
    String describe();
}

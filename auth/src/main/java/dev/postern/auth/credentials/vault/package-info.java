/** Credentials leased or read from Vault or OpenBao: the client, the logins, the leases. Knows HTTP, not PostgreSQL's protocol. */
@NullMarked
package dev.postern.auth.credentials.vault;

import org.jspecify.annotations.NullMarked;

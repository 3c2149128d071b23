/** How the gateway logs in to a server: SCRAM, md5 and cleartext from the client's side. Payloads are bytes: no wire messages. */
@NullMarked
package dev.postern.auth.server;

import org.jspecify.annotations.NullMarked;

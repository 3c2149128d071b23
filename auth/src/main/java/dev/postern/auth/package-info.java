/** Who the client is, and which credential opens a server connection. SASL payloads are bytes here: no wire messages. */
@NullMarked
package dev.postern.auth;

import org.jspecify.annotations.NullMarked;

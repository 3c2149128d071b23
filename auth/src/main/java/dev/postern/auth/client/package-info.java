/** Who the client is: one exchange for each method (SCRAM, md5, ...), over SASL and password payloads as bytes. */
@NullMarked
package dev.postern.auth.client;

import org.jspecify.annotations.NullMarked;

/** Which credential opens a server connection, and when the next one takes over. */
@NullMarked
package dev.postern.auth.credentials;

import org.jspecify.annotations.NullMarked;

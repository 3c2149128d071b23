/** HTTP to the endpoints that give identities and tokens. */
@NullMarked
package dev.postern.auth.credentials.http;

import org.jspecify.annotations.NullMarked;

/** JSON of the issuers' APIs: objects in and out, secrets kept out of strings. */
@NullMarked
package dev.postern.auth.credentials.json;

import org.jspecify.annotations.NullMarked;

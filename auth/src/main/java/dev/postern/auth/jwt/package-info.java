/** JSON web tokens as proof of who a client is: keys of an issuer, signatures, claims. */
@NullMarked
package dev.postern.auth.jwt;

import org.jspecify.annotations.NullMarked;

/** A directory's password as proof of who a client is. */
@NullMarked
package dev.postern.auth.ldap;

import org.jspecify.annotations.NullMarked;

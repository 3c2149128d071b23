/** PostgreSQL's forms of a password (SCRAM-SHA-256 of RFC 5802 and 7677, md5) and the arithmetic both sides of a login share. */
@NullMarked
package dev.postern.auth.password;

import org.jspecify.annotations.NullMarked;

/** Rules in the form of pg_hba.conf and maps in the form of pg_ident.conf: read, checked, matched. Knows no method's workings. */
@NullMarked
package dev.postern.auth.hba;

import org.jspecify.annotations.NullMarked;

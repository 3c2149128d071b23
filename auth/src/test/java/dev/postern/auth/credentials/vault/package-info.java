@NullMarked
package dev.postern.auth.credentials.vault;

import org.jspecify.annotations.NullMarked;

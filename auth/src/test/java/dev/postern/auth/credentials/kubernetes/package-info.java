@NullMarked
package dev.postern.auth.credentials.kubernetes;

import org.jspecify.annotations.NullMarked;

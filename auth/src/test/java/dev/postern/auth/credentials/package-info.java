@NullMarked
package dev.postern.auth.credentials;

import org.jspecify.annotations.NullMarked;

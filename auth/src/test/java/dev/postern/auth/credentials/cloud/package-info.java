@NullMarked
package dev.postern.auth.credentials.cloud;

import org.jspecify.annotations.NullMarked;

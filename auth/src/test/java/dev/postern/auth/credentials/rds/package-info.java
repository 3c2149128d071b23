@NullMarked
package dev.postern.auth.credentials.rds;

import org.jspecify.annotations.NullMarked;

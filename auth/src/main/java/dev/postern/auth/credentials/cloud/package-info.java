/** Roles that log in with access tokens of Azure or Google Cloud as their passwords. */
@NullMarked
package dev.postern.auth.credentials.cloud;

import org.jspecify.annotations.NullMarked;

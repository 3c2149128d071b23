/**
 * Client connections, one handler for each state of the login and one for the session:
 * {@code TlsNegotiationHandler -> StartupHandler -> AuthenticationHandler -> WelcomeHandler -> SessionHandler}; a
 * CancelRequest leaves in StartupHandler.
 */
@NullMarked
package dev.postern.gateway.frontend;

import org.jspecify.annotations.NullMarked;

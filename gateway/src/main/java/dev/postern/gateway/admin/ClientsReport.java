package dev.postern.gateway.admin;

import java.util.Map;

/**
 * Client connections of the whole gateway.
 *
 * @param open in whatever state
 * @param loggedIn sessions
 * @param limit {@code limits.maxClientConn}
 * @param beforeLogin connections that are not logged in, those of the console left out
 * @param beforeLoginLimit most of them
 * @param accepted connections since the start
 * @param logins logins that succeeded since the start
 * @param cancels cancel requests since the start, whatever they hit
 * @param handshakes TLS handshakes under way
 * @param handshakesWaiting clients whose handshake has not begun, because others have their turn
 * @param delayed logins that had to pause after failed ones, since {@code throttle} was last changed
 * @param refusals logins and sessions that the gateway ended since the start, by reason
 */
public record ClientsReport(
        int open,
        int loggedIn,
        int limit,
        int beforeLogin,
        int beforeLoginLimit,
        long accepted,
        long logins,
        long cancels,
        int handshakes,
        int handshakesWaiting,
        long delayed,
        Map<String, Long> refusals) {
    public ClientsReport {
        refusals = Map.copyOf(refusals);
    }
}

package dev.postern.auth.client;

import java.util.concurrent.Executor;

/** On a unix socket, the operating system's user of the same name. */
public final class PeerAuthenticator implements ClientAuthenticator {
    private final UserMap map;

    public PeerAuthenticator(UserMap map) {
        this.map = map;
    }

    @Override
    public Exchange begin(LoginFacts facts, Executor loop) {
        return new Silent(decide(facts));
    }

    private Step decide(LoginFacts facts) {
        if (!(facts.address() instanceof ClientAddress.UnixSocket(String peerUser))) {
            return new Step.Rejected(new Rejection.NotAllowed("peer is for unix sockets"));
        }
        if (peerUser.isEmpty()) {
            return new Step.Rejected(new Rejection.NotAllowed("the system has no name for the peer's user"));
        }
        return map.allows(peerUser, facts.user())
                ? new Step.Accepted(new Identity(facts.user(), Method.PEER))
                : new Step.Rejected(new Rejection.NotAllowed(
                        "operating system user \"" + peerUser + "\" may not be \"" + facts.user() + "\""));
    }
}

package dev.postern.auth.server;

import java.util.List;

/**
 * One login of the gateway to a server, fed with what the server asks. Used on one event loop only; never blocks and never
 * throws because of what a server sent.
 */
public interface ServerAuthentication extends AutoCloseable {
    /** AuthenticationSASL. */
    ServerStep onSasl(List<String> mechanisms);

    /** AuthenticationSASLContinue. */
    ServerStep onSaslContinue(byte[] data);

    /** AuthenticationSASLFinal. */
    ServerStep onSaslFinal(byte[] data);

    /** AuthenticationMD5Password, with its four bytes. */
    ServerStep onMd5(byte[] salt);

    /** AuthenticationCleartextPassword. */
    ServerStep onCleartext();

    /** An Authentication message of another kind, by its number in the manual. */
    ServerStep onOther(int kind);

    /** AuthenticationOk. */
    ServerStep onOk();

    /** Ends the login; an answer under way becomes {@link ServerStep.Failed}. May be repeated. */
    @Override
    void close();
}

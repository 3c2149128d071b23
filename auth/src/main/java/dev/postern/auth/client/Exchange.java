package dev.postern.auth.client;

/**
 * One client's login by one method. Used on one event loop only and never blocks; it never throws because of what a client
 * sent. A message that is not the one asked for ends it with {@link Rejection.ProtocolError}.
 */
public interface Exchange extends AutoCloseable {
    /** The first step; called once. */
    Step start();

    /**
     * SASLInitialResponse.
     *
     * @param response empty where the client sent none
     */
    Step onSaslInitial(String mechanism, byte[] response);

    /** SASLResponse. */
    Step onSaslResponse(byte[] data);

    /**
     * PasswordMessage, to a cleartext or an md5 request.
     *
     * @param password without the terminating zero; the exchange takes the array over and wipes it
     */
    Step onPassword(byte[] password);

    /** Forgets the secrets of this login; after the last step as well as when the client is gone. May be repeated. */
    @Override
    void close();
}

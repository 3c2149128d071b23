package dev.postern.auth.client;

import java.util.Arrays;

/** A login that asks the client nothing: its first step is its last. */
record Silent(Step only) implements Exchange {
    @Override
    public Step start() {
        return only;
    }

    @Override
    public Step onSaslInitial(String mechanism, byte[] response) {
        return unexpected();
    }

    @Override
    public Step onSaslResponse(byte[] data) {
        return unexpected();
    }

    @Override
    public Step onPassword(byte[] password) {
        Arrays.fill(password, (byte) 0);
        return unexpected();
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    private static Step unexpected() {
        return new Step.Rejected(new Rejection.ProtocolError("no authentication message is expected here"));
    }
}

package dev.postern.gateway.relay;

/**
 * What the server owes an answer for, in the order it was sent. Bytes, not an enum: {@link InFlight} keeps them in an array
 * that is written for every message.
 */
final class Request {
    /** Ends with ReadyForQuery. */
    static final byte QUERY = 1;
    /** Ends with ReadyForQuery. */
    static final byte FUNCTION_CALL = 2;
    /** ReadyForQuery. */
    static final byte SYNC = 3;
    /** ParseComplete. */
    static final byte PARSE = 4;
    /** BindComplete. */
    static final byte BIND = 5;
    /** RowDescription or NoData, after ParameterDescription for a statement. */
    static final byte DESCRIBE = 6;
    /** CommandComplete, EmptyQueryResponse or PortalSuspended. */
    static final byte EXECUTE = 7;
    /** CloseComplete. */
    static final byte CLOSE = 8;
    /** A Parse of ours, put before a client's Bind or Describe: its ParseComplete is for nobody. */
    static final byte INJECTED_PARSE = 9;
    /** A Close of ours, to make room for another statement: its CloseComplete is for nobody. */
    static final byte INJECTED_CLOSE = 10;
    /** A Parse the server need not see, since it has the statement: the client gets ParseComplete in its turn. */
    static final byte ANSWERED_PARSE = 11;
    /** A Close the server need not see: the client gets CloseComplete in its turn. */
    static final byte ANSWERED_CLOSE = 12;
    /** A message of ours that must fail, so that the server skips to Sync: its error is replaced by the one kept here. */
    static final byte FAILING = 13;
    /** A query of the gateway's own: none of its answers is for the client. */
    static final byte INTERNAL_QUERY = 14;

    /** CopyDone or CopyFail, sent before the server said whether it takes COPY data: owes no answer by itself. */
    static final byte COPY_END = 15;

    private Request() {}

    /** Neither this nor anything before it in its pipeline has run a statement. */
    static boolean runsNothing(byte request) {
        return switch (request) {
            case PARSE, BIND, DESCRIBE, CLOSE, INJECTED_PARSE, INJECTED_CLOSE, ANSWERED_PARSE, ANSWERED_CLOSE -> true;
            default -> false;
        };
    }

    static boolean endsWithReadyForQuery(byte request) {
        return request == QUERY || request == SYNC || request == FUNCTION_CALL || request == INTERNAL_QUERY;
    }
}

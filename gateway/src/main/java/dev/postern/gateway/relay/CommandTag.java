package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/** The few command tags that tell of a change in the session, or in what its statements mean. Read from the buffer without making a string. */
enum CommandTag {
    /** Nothing about the session. */
    OTHER,
    /** Local or not, of something that may not be reported. */
    SET,
    /** Of one setting or all. */
    RESET,
    /** Of a transaction, or to a savepoint. */
    ROLLBACK,
    /** Of one statement. */
    DEALLOCATE,
    DEALLOCATE_ALL,
    /** ALTER or DROP of something, after which statements that were planned before may have other columns. */
    DDL,
    DISCARD_ALL,
    /** Something was made that may stay in the session, or anything may have happened. */
    MAY_STAY,
    /** A library was loaded: it stays, whatever is done. */
    LOAD;

    private static final byte[] SET_TEXT = ascii("SET\0");
    private static final byte[] RESET_TEXT = ascii("RESET\0");
    private static final byte[] ROLLBACK_TEXT = ascii("ROLLBACK\0");
    private static final byte[] DEALLOCATE_TEXT = ascii("DEALLOCATE\0");
    private static final byte[] DEALLOCATE_ALL_TEXT = ascii("DEALLOCATE ALL\0");
    private static final byte[] DISCARD_ALL_TEXT = ascii("DISCARD ALL\0");
    private static final byte[] ALTER = ascii("ALTER ");
    private static final byte[] DROP = ascii("DROP ");
    private static final byte[] CREATE_TEXT = ascii("CREATE ");
    private static final byte[] CALL_TEXT = ascii("CALL\0");
    private static final byte[] DECLARE_TEXT = ascii("DECLARE CURSOR\0");
    private static final byte[] DO_TEXT = ascii("DO\0");
    private static final byte[] LISTEN_TEXT = ascii("LISTEN\0");
    private static final byte[] LOAD_TEXT = ascii("LOAD\0");
    private static final byte[] PREPARE_TEXT = ascii("PREPARE\0");

    static CommandTag of(ByteBuf in, int at) {
        if (in.writerIndex() - at < 3) {
            return OTHER;
        }
        return switch (in.getByte(at)) {
            case 'S' -> is(SET_TEXT, in, at) ? SET : OTHER;
            case 'R' -> is(RESET_TEXT, in, at) ? RESET : is(ROLLBACK_TEXT, in, at) ? ROLLBACK : OTHER;
            case 'A' -> is(ALTER, in, at) ? DDL : OTHER;
            case 'D' -> withD(in, at);
            case 'C' -> is(CREATE_TEXT, in, at) || is(CALL_TEXT, in, at) ? MAY_STAY : OTHER;
            case 'L' -> is(LISTEN_TEXT, in, at) ? MAY_STAY : is(LOAD_TEXT, in, at) ? LOAD : OTHER;
            case 'P' -> is(PREPARE_TEXT, in, at) ? MAY_STAY : OTHER;
            default -> OTHER;
        };
    }

    private static CommandTag withD(ByteBuf in, int at) {
        if (is(DISCARD_ALL_TEXT, in, at)) {
            return DISCARD_ALL;
        }
        if (is(DEALLOCATE_ALL_TEXT, in, at)) {
            return DEALLOCATE_ALL;
        }
        if (is(DROP, in, at)) {
            return DDL;
        }
        if (is(DEALLOCATE_TEXT, in, at)) {
            return DEALLOCATE;
        }
        return is(DECLARE_TEXT, in, at) || is(DO_TEXT, in, at) ? MAY_STAY : OTHER;
    }

    private static boolean is(byte[] tag, ByteBuf in, int at) {
        if (in.writerIndex() - at < tag.length) {
            return false;
        }
        for (int i = 0; i < tag.length; i++) {
            if (in.getByte(at + i) != tag[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    boolean sets() {
        return this == SET || this == RESET;
    }

    void effectOn(Link link) {
        switch (this) {
            case OTHER -> {}
            case DDL -> link.sawDdl();
            case SET -> link.inquiry().sawSet();
            case RESET -> link.sessionReset();
            case ROLLBACK -> link.rolledBack();
            case DEALLOCATE -> link.deallocated();
            case DEALLOCATE_ALL -> link.statementsDiscarded();
            case DISCARD_ALL -> link.sessionDiscarded();
            case MAY_STAY -> link.inquiry().sawWhatMayStay();
            case LOAD -> link.inquiry().sawLoad();
        }
    }
}

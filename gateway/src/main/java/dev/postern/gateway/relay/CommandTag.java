package dev.postern.gateway.relay;

import io.netty.buffer.ByteBuf;

/** The few command tags that tell of a change in the session, or in what its statements mean. Read from the buffer without making a string. */
enum CommandTag {
    /** Nothing about the session. */
    OTHER,
    /** SET or RESET, local or not, of something that may not be reported. */
    SET,
    DEALLOCATE_ALL,
    /** ALTER or DROP of something, after which statements that were planned before may have other columns. */
    DDL,
    DISCARD_ALL;

    private static final byte[] SET_TEXT = ascii("SET\0");
    private static final byte[] RESET_TEXT = ascii("RESET\0");
    private static final byte[] DEALLOCATE_ALL_TEXT = ascii("DEALLOCATE ALL\0");
    private static final byte[] DISCARD_ALL_TEXT = ascii("DISCARD ALL\0");
    private static final byte[] ALTER = ascii("ALTER ");
    private static final byte[] DROP = ascii("DROP ");

    static CommandTag of(ByteBuf in, int at) {
        if (in.writerIndex() - at < 4) {
            return OTHER;
        }
        return switch (in.getByte(at)) {
            case 'S' -> is(SET_TEXT, in, at) ? SET : OTHER;
            case 'R' -> is(RESET_TEXT, in, at) ? SET : OTHER;
            case 'A' -> is(ALTER, in, at) ? DDL : OTHER;
            case 'D' -> {
                if (is(DISCARD_ALL_TEXT, in, at)) {
                    yield DISCARD_ALL;
                }
                yield is(DEALLOCATE_ALL_TEXT, in, at) ? DEALLOCATE_ALL : is(DROP, in, at) ? DDL : OTHER;
            }
            default -> OTHER;
        };
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

    void effectOn(Link link) {
        switch (this) {
            case OTHER -> {}
            case SET -> link.sawSet();
            case DDL -> link.sawDdl();
            case DEALLOCATE_ALL -> link.statementsDiscarded();
            case DISCARD_ALL -> link.sessionDiscarded();
        }
    }
}

package dev.postern.gateway.config;

/**
 * Who may connect to a unix socket, as chmod's octal number: on Linux whoever may write to the file.
 *
 * @param bits the nine bits of owner, group and others
 */
public record SocketMode(int bits) {
    /** PgBouncer's default: who may come in is for the login to say. */
    public static final SocketMode EVERYBODY = new SocketMode(0777);

    static final String EXPECTED = "an octal number such as 0777 or 0770";

    static SocketMode parse(String text) {
        if (!text.matches("0?[0-7]{3}")) {
            throw new IllegalArgumentException("is not a file's mode");
        }
        return new SocketMode(Integer.parseInt(text, 8));
    }

    /** {@code rwxrwx---}. */
    public String symbols() {
        StringBuilder symbols = new StringBuilder("rwxrwxrwx");
        for (int i = 0; i < 9; i++) {
            if ((bits & 0400 >> i) == 0) {
                symbols.setCharAt(i, '-');
            }
        }
        return symbols.toString();
    }

    @Override
    public String toString() {
        return String.format("%04o", bits);
    }
}

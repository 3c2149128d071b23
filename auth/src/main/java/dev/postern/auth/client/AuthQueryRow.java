package dev.postern.auth.client;

import java.util.List;
import java.util.Optional;

/**
 * One row of a look-up, its columns as text in this order: user, password, and where the query has them: seconds since 1970
 * when the password ends, whether the role can log in, is a superuser, has REPLICATION. NULL is empty.
 */
public record AuthQueryRow(List<Optional<String>> columns) {
    public AuthQueryRow {
        columns = List.copyOf(columns);
    }

    Optional<String> user() {
        return column(0);
    }

    Optional<String> password() {
        return column(1);
    }

    Optional<String> validUntil() {
        return column(2);
    }

    /** True where the query does not say. */
    boolean canLogin() {
        return column(3).map(AuthQueryRow::isTrue).orElse(true);
    }

    boolean privileged() {
        return column(4).map(AuthQueryRow::isTrue).orElse(false)
                || column(5).map(AuthQueryRow::isTrue).orElse(false);
    }

    private Optional<String> column(int index) {
        return index < columns.size() ? columns.get(index) : Optional.empty();
    }

    private static boolean isTrue(String text) {
        return text.equals("t") || text.equals("true");
    }

    /** It holds a password's hash. */
    @Override
    public String toString() {
        return "AuthQueryRow[hidden]";
    }
}

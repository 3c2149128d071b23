package dev.postern.gateway;

import dev.postern.auth.Secret;
import dev.postern.auth.client.PasswordSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PgBouncer's userlist.txt: {@code "user" "secret"} on each line, a doubled quote for a quote, {@code ;} for a comment. The
 * secret is a password, an md5 hash or a SCRAM verifier.
 */
final class UserList {
    private static final Pattern LINE = Pattern.compile("\\s*\"((?:[^\"]|\"\")+)\"\\s+\"((?:[^\"]|\"\")*)\".*");

    private UserList() {}

    static Map<String, PasswordSource> read(Path file) throws StartFailure {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new StartFailure(file + ": the users file cannot be read: " + e.getMessage(), e);
        }
        Map<String, PasswordSource> users = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || line.stripLeading().startsWith(";")) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new StartFailure(
                        file + ":" + (i + 1) + ":1 is not a line of a users file (expected: \"user\" \"secret\")");
            }
            String secret = unquoted(matcher.group(2));
            if (!secret.isEmpty()) { // PgBouncer lists users without a password for other methods
                users.put(unquoted(matcher.group(1)), new PasswordSource.Inline(Secret.ofText(secret)));
            }
        }
        return users;
    }

    private static String unquoted(String text) {
        return text.replace("\"\"", "\"");
    }
}

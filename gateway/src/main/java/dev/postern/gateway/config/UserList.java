package dev.postern.gateway.config;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.yaml.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Users in the format of PgBouncer's userlist.txt: a line each, {@code "user" "secret"}, a quote inside either doubled, the
 * rest of the line ignored, {@code ;} before a comment. A user that stands twice has the later secret, as there; one whose
 * secret is empty, which PgBouncer lists for other methods, is left out.
 *
 * @param users secrets by user name: passwords or verifiers
 * @param names of all users, also of those without a secret
 * @param problems with their positions; without any the list is whole
 */
public record UserList(Map<String, Secret> users, Set<String> names, List<Problem> problems) {
    private static final String EXPECTED = "\"user\" \"password or verifier\", with a quote inside doubled";

    public UserList {
        users = InOrder.copyOf(users);
        names = Collections.unmodifiableSet(new LinkedHashSet<>(names));
        problems = List.copyOf(problems);
    }

    /** Reads a text; the file's name is for problems. */
    public static UserList parse(String text, String file) {
        Map<String, Secret> users = new LinkedHashMap<>();
        Set<String> names = new LinkedHashSet<>();
        List<Problem> problems = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith(";")) {
                continue;
            }
            Quoted user = Quoted.at(line, 0);
            Quoted secret = user.found() ? Quoted.at(line, user.end()) : Quoted.NONE;
            if (!secret.found() || user.text().isEmpty()) {
                problems.add(new Problem(file, i + 1, 1, "", "is no user with a secret", EXPECTED));
            } else {
                names.add(user.text());
                if (!secret.text().isEmpty()) {
                    users.put(user.text(), Secret.ofText(secret.text()));
                }
            }
        }
        return new UserList(users, names, problems);
    }

    /** A text in double quotes, and where it ends. */
    private record Quoted(boolean found, String text, int end) {
        static final Quoted NONE = new Quoted(false, "", 0);

        /** The next one, with nothing but white space before it. */
        static Quoted at(String line, int from) {
            int start = from;
            while (start < line.length() && Character.isWhitespace(line.charAt(start))) {
                start++;
            }
            if (start >= line.length() || line.charAt(start) != '"') {
                return NONE;
            }
            StringBuilder text = new StringBuilder();
            for (int i = start + 1; i < line.length(); i++) {
                if (line.charAt(i) != '"') {
                    text.append(line.charAt(i));
                } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
                    text.append('"');
                    i++;
                } else {
                    return new Quoted(true, text.toString(), i + 1);
                }
            }
            return NONE;
        }
    }
}

package dev.postern.gateway.pgbouncer;

import static dev.postern.gateway.pgbouncer.IniSettings.path;
import static dev.postern.gateway.pgbouncer.IniSettings.quoted;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.UserList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Who the clients of an ini file are, and as whom they are served. Blocks. */
final class IniAuth {
    private final IniSettings settings;
    private UserList users = new UserList(Map.of(), Set.of(), List.of());
    private boolean hasUsersFile;

    IniAuth(IniSettings settings) {
        this.settings = settings;
    }

    private Optional<String> get(String key) {
        return settings.get(key);
    }

    private void note(IniFile.Entry entry, String text) {
        settings.note(entry, text);
    }

    /** Reads auth_file, before anything else is asked. */
    void readUsers() {
        Optional<String> file = get("auth_file");
        if (file.isEmpty()) {
            return;
        }
        try {
            users = UserList.parse(Files.readString(Path.of(file.get())), file.get());
            hasUsersFile = true;
        } catch (IOException e) {
            settings.note("auth_file", "cannot be read: " + e);
        }
    }

    /** For the console; empty where nobody could log in. */
    Optional<String> ofConsole() {
        return switch (get("auth_type").orElse("md5")) {
            case "trust" -> Optional.of("{trust: {allowInsecure: true}}");
            case "any" -> Optional.of("{any: {allowInsecure: true}}");
            case "plain" -> withUsers("password");
            default -> withUsers(method());
        };
    }

    /** Empty where it was said why the database is left out. */
    Optional<String> credentials(IniFile.Entry entry, Map<String, String> database) {
        String user = database.remove("user");
        String password = database.remove("password");
        if (user != null) {
            String known = password != null
                    ? password
                    : Optional.ofNullable(users.users().get(user))
                            .map(Secret::reveal)
                            .orElse("");
            boolean verifier = known.startsWith("SCRAM-SHA-256$") || known.matches("md5[0-9a-f]{32}");
            if (verifier) {
                note(
                        entry,
                        "[databases] " + entry.key() + ": the password of user " + user
                                + " is not known, only what it is checked by; left out");
                return Optional.empty();
            }
            return Optional.of(
                    "{static: {user: " + quoted(user) + (known.isEmpty() ? "" : ", password: " + quoted(known)) + "}}");
        }
        boolean keys = users.users().values().stream()
                .anyMatch(secret -> secret.reveal().startsWith("SCRAM-SHA-256$"));
        boolean lookup = database.containsKey("auth_user") || get("auth_user").isPresent();
        if (!keys && !lookup) {
            note(
                    entry,
                    "[databases] " + entry.key()
                            + ": without user= servers are opened with the keys that a client's SCRAM"
                            + " login leaves, and auth_file has no SCRAM secret; left out: add user= and password=");
            return Optional.empty();
        }
        note(
                entry,
                "[databases] " + entry.key()
                        + ": without user= each client's own role is used at the server; its secret in"
                        + " auth_file must be the server's own SCRAM secret");
        return Optional.of("{passThrough: {}}");
    }

    /** md5 there takes SCRAM secrets too, and then asks for SCRAM. */
    private String method() {
        String type = get("auth_type").orElse("md5");
        boolean scram = users.users().values().stream()
                .anyMatch(secret -> secret.reveal().startsWith("SCRAM-SHA-256$"));
        return type.equals("md5") && !scram ? "md5" : "scram";
    }

    private Optional<String> withUsers(String method) {
        return get("auth_file")
                .filter(file -> hasUsersFile && !users.users().isEmpty())
                .map(file -> "{" + method + ": {usersFile: " + path(file) + "}}");
    }

    /** The same for {@code clientAuth}. */
    Optional<String> ofClients(IniFile.Entry entry, Map<String, String> database, String asked, boolean passThrough) {
        String type = get("auth_type").orElse("md5");
        Optional<String> lookup = lookup(entry, database, asked, type);
        Optional<String> auth = switch (type) {
            case "trust" -> users.names().isEmpty() ? Optional.empty() : Optional.of("{trust: {allowInsecure: true}}");
            case "any" -> Optional.of("{any: {allowInsecure: true}}");
            case "plain", "md5", "scram-sha-256" ->
                lookup.map(query -> "{authQuery: " + query + "}")
                        .or(() -> withUsers(type.equals("plain") ? "password" : method()));
            case "cert" -> Optional.of("{cert: {}}");
            case "hba" -> hba(lookup);
            default -> Optional.empty();
        };
        boolean leavesKeys = lookup.isPresent() || method().equals("scram") && !type.equals("plain");
        boolean keyless = Set.of("trust", "any", "cert").contains(type) || type.equals("hba") && lookup.isEmpty();
        if (auth.isEmpty()) {
            note(entry, "[databases] " + entry.key() + ": auth_type " + type + " " + whyNot(type) + "; left out");
        } else if (passThrough && (keyless || !leavesKeys)) {
            note(
                    entry,
                    "[databases] " + entry.key() + ": auth_type " + type
                            + " leaves no keys to open servers with as the client's own role; left out: add user= and"
                            + " password=");
            return Optional.empty();
        }
        return auth;
    }

    /** There trust is for users that auth_file lists. */
    Optional<String> allowedUsers() {
        return get("auth_type")
                .filter("trust"::equals)
                .map(trust ->
                        users.names().stream().map(IniSettings::quoted).collect(Collectors.joining(", ", "[", "]")));
    }

    private String whyNot(String type) {
        return switch (type) {
            case "plain", "md5", "scram-sha-256" -> "has no users: auth_file has none, and there is no auth_user";
            case "trust" -> "is for users of auth_file, and there are none";
            case "hba" -> "needs an auth_hba_file that can be read";
            default -> "is not converted";
        };
    }

    private Optional<String> hba(Optional<String> lookup) {
        return get("auth_hba_file")
                .filter(file -> Files.isReadable(Path.of(file)))
                .map(file -> "{hba: {file: " + path(file)
                        + get("auth_ident_file")
                                .map(maps -> ", identFile: " + path(maps))
                                .orElse("")
                        + lookup.map(query -> ", authQuery: " + query)
                                .or(() -> get("auth_file")
                                        .filter(users -> hasUsersFile)
                                        .map(users -> ", usersFile: " + path(users)))
                                .orElse("")
                        + "}}");
    }

    /** The object authQuery, where there is an auth_user. */
    private Optional<String> lookup(IniFile.Entry entry, Map<String, String> database, String asked, String type) {
        Optional<String> user =
                Optional.ofNullable(database.remove("auth_user")).or(() -> get("auth_user"));
        Optional<String> query =
                Optional.ofNullable(database.remove("auth_query")).or(() -> get("auth_query"));
        Optional<String> where =
                Optional.ofNullable(database.remove("auth_dbname")).or(() -> get("auth_dbname"));
        if (user.isEmpty()) {
            return Optional.empty();
        }
        if (users.users().keySet().stream().anyMatch(name -> !name.equals(user.get()))) {
            note(
                    entry,
                    "[databases] " + entry.key() + ": users are looked up by auth_query alone, not in auth_file first");
        }
        if (type.equals("md5")) {
            note(entry, "[databases] " + entry.key() + ": users of auth_query are asked for SCRAM, not for md5");
        }
        if (query.filter(sql -> !sql.contains("$1")).isPresent()) {
            note(entry, "[databases] " + entry.key() + ": auth_query has no $1 for the user; the usual one instead");
            query = Optional.empty();
        }
        String password = Optional.ofNullable(users.users().get(user.get()))
                .map(Secret::reveal)
                .orElse("");
        // There the query runs in the database that the client asks for.
        String runsIn = where.or(() -> Optional.of(asked).filter(name -> !name.equals("*")))
                .orElse("postgres");
        return Optional.of("{method: " + (type.equals("plain") ? "password" : "scram")
                + ", database: " + quoted(runsIn)
                + query.map(sql -> ", query: " + quoted(sql)).orElse("")
                + ", credentials: {static: {user: " + quoted(user.get())
                + (password.isEmpty() ? "" : ", password: " + quoted(password)) + "}}}");
    }
}

package dev.postern.gateway.pgbouncer;

import dev.postern.auth.Secret;
import dev.postern.gateway.config.UserList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * PgBouncer's ini file as a file of ours. Every line of it is honoured, or named in one note. Never throws for what a file
 * holds. Blocks.
 */
public final class IniConverter {
    /** Keys of [pgbouncer] that are read below, besides those of {@link PgBouncerKey}. */
    private static final Set<String> READ = Set.of(
            "listen_addr",
            "listen_port",
            "unix_socket_dir",
            "auth_type",
            "auth_file",
            "auth_user",
            "auth_query",
            "auth_dbname",
            "auth_hba_file",
            "auth_ident_file",
            "client_tls_sslmode",
            "client_tls_cert_file",
            "client_tls_key_file",
            "client_tls_ca_file",
            "server_tls_sslmode",
            "server_tls_ca_file",
            "server_tls_cert_file",
            "server_tls_key_file",
            "dns_max_ttl");

    /** Keys with nothing behind them here, and why that is right. */
    private static final Map<String, String> NEEDLESS = needless();

    private final List<IniFile.Note> notes = new ArrayList<>();
    private final Map<String, IniFile.Entry> settings = new LinkedHashMap<>();
    private final Map<String, IniFile.Entry> databases = new LinkedHashMap<>();
    private UserList users = new UserList(Map.of(), Set.of(), List.of());

    private IniConverter() {}

    private static Map<String, String> needless() {
        Map<String, String> keys = new LinkedHashMap<>();
        String log = "the log goes to standard error; what is done with it is the service manager's business";
        List.of("logfile", "syslog", "syslog_ident", "syslog_facility").forEach(key -> keys.put(key, log));
        String events = "is always logged, as events";
        List.of("log_connections", "log_disconnections", "log_pooler_errors").forEach(key -> keys.put(key, events));
        keys.put("log_stats", "no statistics in the log; they are at /metrics and the console");
        String process = "who runs the process is the service manager's business";
        List.of("pidfile", "user", "job_name", "service_name", "conffile").forEach(key -> keys.put(key, process));
        String buffers = "there are no such buffers to tune";
        List.of("pkt_buf", "sbuf_loopcnt", "max_packet_size", "tcp_socket_buffer", "listen_backlog")
                .forEach(key -> keys.put(key, buffers));
        String one = "one process uses all processors";
        List.of("so_reuseport", "peer_id").forEach(key -> keys.put(key, one));
        keys.put("tcp_keepalive", "is always on, with the system's times");
        keys.put("ignore_startup_parameters", "startup parameters are carried to the server, and need not be ignored");
        keys.put("track_extra_parameters", "every parameter that a client sets is tracked");
        keys.put("server_reset_query_always", "in transaction mode sessions do not see each other's settings");
        return keys;
    }

    /** Reads the file and those that it names. */
    public static Conversion convert(Path file) {
        IniFile ini = IniFile.read(file);
        IniConverter converter = new IniConverter();
        converter.notes.addAll(ini.problems());
        ini.entries().forEach(converter::sort);
        return new Conversion(converter.yaml(), converter.notes);
    }

    private void sort(IniFile.Entry entry) {
        switch (entry.section()) {
            case "pgbouncer" -> settings.put(entry.key().toLowerCase(java.util.Locale.ROOT), entry);
            case "databases" -> databases.put(entry.key(), entry);
            case "users" ->
                note(entry, "[users] " + entry.key() + ": settings of single users are not there; give them a route");
            case "peers" -> note(entry, "[peers] " + entry.key() + ": " + NEEDLESS.get("peer_id"));
            default -> note(entry, "there is no section [" + entry.section() + "]; left out");
        }
    }

    private void note(IniFile.Entry entry, String text) {
        notes.add(new IniFile.Note(entry.place(), text));
    }

    private Optional<String> get(String key) {
        return Optional.ofNullable(settings.get(key)).map(IniFile.Entry::value).filter(value -> !value.isEmpty());
    }

    private String place(String key) {
        return Optional.ofNullable(settings.get(key)).map(IniFile.Entry::place).orElse("");
    }

    private static String quoted(String text) {
        return PgBouncerKey.quoted(text);
    }

    private static String path(String text) {
        return quoted(Path.of(text).toAbsolutePath().normalize().toString());
    }

    // ---- the file

    private String yaml() {
        readUsers();
        StringBuilder out = new StringBuilder();
        listeners(out);
        simpleKeys(out);
        out.append("routes:\n");
        databases.values().forEach(entry -> route(out, entry));
        return out.toString();
    }

    private void readUsers() {
        Optional<String> file = get("auth_file");
        if (file.isEmpty()) {
            return;
        }
        try {
            users = UserList.parse(Files.readString(Path.of(file.get())), file.get());
        } catch (IOException e) {
            notes.add(new IniFile.Note(place("auth_file"), "auth_file cannot be read: " + e));
        }
    }

    /** Keys that are a key of ours each, by the object that has them there. */
    private void simpleKeys(StringBuilder out) {
        Map<String, List<String>> objects = new LinkedHashMap<>();
        for (IniFile.Entry entry : settings.values()) {
            String name = entry.key().toLowerCase(java.util.Locale.ROOT);
            Optional<PgBouncerKey> key = PgBouncerKey.find(name);
            if (key.isPresent()) {
                simpleKey(objects, entry, key.get());
            } else if (NEEDLESS.containsKey(name)) {
                note(entry, name + ": " + NEEDLESS.get(name));
            } else if (!READ.contains(name)) {
                note(entry, name + " has no equivalent; left out");
            }
        }
        if (get("max_client_conn").isEmpty()) {
            // PgBouncer's own default is 100.
            objects.computeIfAbsent("limits", name -> new ArrayList<>()).add("maxClientConn: 100");
        }
        if (get("admin_users").isPresent() || get("stats_users").isPresent()) {
            objects.computeIfAbsent("admin", name -> new ArrayList<>()).add("clientAuth: " + consoleAuth());
        }
        objects.forEach((object, keys) -> {
            out.append(object).append(":\n");
            keys.forEach(key -> out.append("  ").append(key).append('\n'));
        });
    }

    private void simpleKey(Map<String, List<String>> objects, IniFile.Entry entry, PgBouncerKey key) {
        String value = entry.value();
        if (key == PgBouncerKey.POOL_MODE && value.equals("statement")) {
            note(entry, "pool_mode statement is not there; transaction is in force instead");
            value = "transaction";
        }
        try {
            String[] path = key.path().split("\\.");
            objects.computeIfAbsent(path[0], name -> new ArrayList<>()).add(path[1] + ": " + key.yaml(value));
        } catch (IllegalArgumentException e) {
            note(entry, key.key() + " = " + value + ": " + e.getMessage() + "; left out");
        }
    }

    private String consoleAuth() {
        return switch (get("auth_type").orElse("md5")) {
            case "trust" -> "{trust: {allowInsecure: true}}";
            case "any" -> "{any: {allowInsecure: true}}";
            case "plain" -> withUsers("password");
            default -> withUsers(method());
        };
    }

    // ---- listeners

    private void listeners(StringBuilder out) {
        String port = get("listen_port").orElse("6432");
        out.append("listeners:\n");
        String tls = clientTls();
        int number = 0;
        for (String address : get("listen_addr").orElse("").split(",")) {
            String host = address.strip();
            if (!host.isEmpty()) {
                number++;
                String where = host.equals("*") ? "0.0.0.0" : host.indexOf(':') >= 0 ? "[" + host + "]" : host;
                out.append("  - {name: ")
                        .append(number == 1 ? "tcp" : "tcp" + number)
                        .append(", address: ")
                        .append(quoted(where + ":" + port))
                        .append(", tls: ")
                        .append(tls)
                        .append("}\n");
            }
        }
        String sockets = Optional.ofNullable(settings.get("unix_socket_dir"))
                .map(IniFile.Entry::value)
                .orElse("/tmp");
        if (sockets.startsWith("@")) {
            notes.add(new IniFile.Note(
                    place("unix_socket_dir"), "unix_socket_dir: abstract sockets are not there; left out"));
        } else if (!sockets.isEmpty()) {
            out.append("  - {name: unix, address: ")
                    .append(quoted("unix:" + Path.of(sockets).toAbsolutePath().normalize() + "/.s.PGSQL." + port))
                    .append(", tls: {mode: disable}}\n");
        }
    }

    private String clientTls() {
        String mode = get("client_tls_sslmode").orElse("disable");
        if (mode.equals("disable")) {
            return "{mode: disable}";
        }
        Optional<String> certificate = get("client_tls_cert_file");
        Optional<String> key = get("client_tls_key_file");
        StringBuilder tls = new StringBuilder("{mode: ")
                .append(mode.equals("allow") || mode.equals("prefer") ? "allow" : "require");
        if (certificate.isPresent() && key.isPresent()) {
            tls.append(", certificates: [{certFile: ")
                    .append(path(certificate.get()))
                    .append(", keyFile: ")
                    .append(path(key.get()))
                    .append("}]");
        }
        boolean verify = mode.startsWith("verify");
        if (verify) {
            get("client_tls_ca_file")
                    .ifPresent(file -> tls.append(", clientCaFile: ").append(path(file)));
            tls.append(", clientCertificates: required");
        }
        return tls.append('}').toString();
    }

    // ---- routes

    private void route(StringBuilder out, IniFile.Entry entry) {
        Map<String, String> database;
        try {
            database = new LinkedHashMap<>(ConnectionString.parse(entry.value()));
        } catch (IllegalArgumentException e) {
            note(entry, "[databases] " + entry.key() + ": " + e.getMessage() + "; left out");
            return;
        }
        if (entry.key().equals("pgbouncer")) {
            note(entry, "[databases] pgbouncer is the console's name; left out");
            return;
        }
        Optional<String> credentials = credentials(entry, database);
        Optional<String> clientAuth = clientAuth(entry, database);
        if (get("auth_type").orElse("").equals("trust") && users.names().isEmpty()) {
            note(
                    entry,
                    "[databases] " + entry.key() + ": auth_type trust is for users of auth_file, and there are none");
            return;
        }
        if (credentials.isEmpty() || clientAuth.isEmpty()) {
            return;
        }
        out.append("  - name: ")
                .append(quoted(entry.key().equals("*") ? "any" : entry.key()))
                .append('\n');
        out.append("    match: {databases: [").append(quoted(entry.key())).append("]}\n");
        out.append("    backend: ").append(backend(entry, database)).append('\n');
        out.append("    clientAuth: ").append(clientAuth.get()).append('\n');
        out.append("    credentials: ").append(credentials.get()).append('\n');
        if (get("auth_type").orElse("").equals("trust")) {
            // There trust is for users that auth_file lists.
            out.append("    access: {allowUsers: ")
                    .append(users.names().stream()
                            .map(IniConverter::quoted)
                            .collect(java.util.stream.Collectors.joining(", ", "[", "]")))
                    .append("}\n");
        }
        String pool = pool(entry, database);
        if (!pool.isEmpty()) {
            out.append("    pool: {").append(pool).append("}\n");
        }
        database.forEach((key, value) -> note(entry, "[databases] " + entry.key() + ": " + leftOver(key)));
    }

    private static String leftOver(String key) {
        return switch (key) {
            case "connect_query" ->
                "connect_query has no equivalent; what it sets can stand in backend.parameters; left out";
            case "load_balance_hosts" -> "load_balance_hosts: hosts are tried in order; left out";
            default -> key + " has no equivalent; left out";
        };
    }

    private String backend(IniFile.Entry entry, Map<String, String> database) {
        String host = Optional.ofNullable(database.remove("host")).orElse("");
        String port = Optional.ofNullable(database.remove("port")).orElse("5432");
        if (host.isEmpty() || host.startsWith("/") || host.startsWith("@")) {
            note(entry, "[databases] " + entry.key() + ": servers are not reached by unix sockets; localhost instead");
            host = "localhost";
        }
        List<String> hosts = Arrays.stream(host.split(","))
                .map(String::strip)
                .map(each -> quoted((each.indexOf(':') >= 0 ? "[" + each + "]" : each) + ":" + port))
                .toList();
        StringBuilder backend =
                new StringBuilder("{hosts: [").append(String.join(", ", hosts)).append(']');
        String name = database.remove("dbname");
        if (name != null) {
            backend.append(", database: ").append(quoted(name.replace("$", "$$")));
        }
        backend.append(", tls: ").append(serverTls());
        get("dns_max_ttl").ifPresent(ttl -> {
            try {
                backend.append(", dnsTtl: ").append(PgBouncerKey.seconds(ttl));
            } catch (IllegalArgumentException e) {
                notes.add(new IniFile.Note(place("dns_max_ttl"), "dns_max_ttl: " + e.getMessage() + "; left out"));
            }
        });
        List<String> parameters = new ArrayList<>();
        for (String key : List.of("client_encoding", "datestyle", "timezone", "application_name")) {
            String value = database.remove(key);
            if (value != null) {
                parameters.add(key + ": " + quoted(value));
            }
        }
        if (!parameters.isEmpty()) {
            backend.append(", parameters: {")
                    .append(String.join(", ", parameters))
                    .append('}');
        }
        return backend.append('}').toString();
    }

    private String serverTls() {
        String mode = get("server_tls_sslmode").orElse("prefer");
        StringBuilder tls = new StringBuilder("{mode: ").append(mode);
        if (mode.startsWith("verify")) {
            get("server_tls_ca_file").ifPresent(file -> tls.append(", caFile: ").append(path(file)));
        }
        if (!mode.equals("disable")) {
            get("server_tls_cert_file")
                    .ifPresent(file -> tls.append(", certFile: ").append(path(file)));
            get("server_tls_key_file")
                    .ifPresent(file -> tls.append(", keyFile: ").append(path(file)));
        }
        return tls.append('}').toString();
    }

    private Optional<String> credentials(IniFile.Entry entry, Map<String, String> database) {
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
        String type = get("auth_type").orElse("md5");
        if (List.of("trust", "any", "cert", "hba").contains(type) || type.equals("plain") && !lookup) {
            note(
                    entry,
                    "[databases] " + entry.key() + ": without user= servers are opened with the keys that a client's"
                            + " SCRAM login leaves, and auth_type " + type
                            + " leaves none; left out: add user= and password=");
            return Optional.empty();
        }
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

    private String withUsers(String method) {
        return "{" + method + ": {"
                + get("auth_file").map(file -> "usersFile: " + path(file)).orElse("users: {}") + "}}";
    }

    private Optional<String> clientAuth(IniFile.Entry entry, Map<String, String> database) {
        String type = get("auth_type").orElse("md5");
        Optional<String> lookupUser =
                Optional.ofNullable(database.remove("auth_user")).or(() -> get("auth_user"));
        Optional<String> lookupQuery =
                Optional.ofNullable(database.remove("auth_query")).or(() -> get("auth_query"));
        Optional<String> lookupDatabase =
                Optional.ofNullable(database.remove("auth_dbname")).or(() -> get("auth_dbname"));
        return switch (type) {
            case "trust" -> Optional.of("{trust: {allowInsecure: true}}");
            case "any" -> Optional.of("{any: {allowInsecure: true}}");
            case "plain", "md5", "scram-sha-256" -> {
                String method = type.equals("plain") ? "password" : method();
                yield lookupUser.isPresent()
                        ? Optional.of(lookup(entry, method, lookupUser.get(), lookupQuery, lookupDatabase))
                        : Optional.of(withUsers(method));
            }
            case "cert" -> Optional.of("{cert: {}}");
            case "hba" ->
                get("auth_hba_file").isPresent()
                        ? Optional.of(
                                "{hba: {file: " + path(get("auth_hba_file").get())
                                        + get("auth_ident_file")
                                                .map(file -> ", identFile: " + path(file))
                                                .orElse("")
                                        + get("auth_file")
                                                .map(file -> ", usersFile: " + path(file))
                                                .orElse("") + "}}")
                        : Optional.empty();
            default -> {
                note(entry, "[databases] " + entry.key() + ": auth_type " + type + " is not converted; left out");
                yield Optional.empty();
            }
        };
    }

    private String lookup(
            IniFile.Entry entry, String method, String user, Optional<String> query, Optional<String> database) {
        if (!users.users().isEmpty() && users.users().keySet().stream().anyMatch(name -> !name.equals(user))) {
            note(
                    entry,
                    "[databases] " + entry.key() + ": users are looked up by auth_query alone, not in auth_file first");
        }
        String password =
                Optional.ofNullable(users.users().get(user)).map(Secret::reveal).orElse("");
        return "{authQuery: {method: " + (method.equals("md5") ? "scram" : method)
                + database.map(name -> ", database: " + quoted(name)).orElse("")
                + query.map(sql -> ", query: " + quoted(sql)).orElse("")
                + ", credentials: {static: {user: " + quoted(user)
                + (password.isEmpty() ? "" : ", password: " + quoted(password)) + "}}}}";
    }

    private String pool(IniFile.Entry entry, Map<String, String> database) {
        Map<String, String> numbers = Map.of(
                "pool_size", "defaultPoolSize",
                "min_pool_size", "minPoolSize",
                "reserve_pool_size", "reservePoolSize",
                "reserve_pool", "reservePoolSize",
                "max_db_connections", "maxDbConnections");
        List<String> keys = new ArrayList<>();
        for (String key : List.copyOf(database.keySet())) {
            String value = database.getOrDefault(key, "");
            String ours = numbers.get(key);
            if (ours != null && value.matches("[0-9]{1,9}")) {
                keys.add(ours + ": " + value);
            } else if (key.equals("pool_mode") && value.matches("session|transaction")) {
                keys.add("mode: " + value);
            } else if (key.equals("pool_mode")) {
                keys.add("mode: transaction");
                note(
                        entry,
                        "[databases] " + entry.key() + ": pool_mode " + value
                                + " is not there; transaction is in force instead");
            } else if (Set.of("server_lifetime", "query_wait_timeout").contains(key) && value.matches("[0-9.]+")) {
                keys.add((key.equals("server_lifetime") ? "serverLifetime: " : "queryWaitTimeout: ")
                        + PgBouncerKey.seconds(value));
            } else {
                continue;
            }
            database.remove(key);
        }
        return String.join(", ", keys);
    }
}

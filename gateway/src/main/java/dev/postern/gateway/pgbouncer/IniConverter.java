package dev.postern.gateway.pgbouncer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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
            "unix_socket_group",
            "unix_socket_mode",
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
            "client_tls_protocols",
            "client_tls_ecdhcurve",
            "server_tls_sslmode",
            "server_tls_ca_file",
            "server_tls_cert_file",
            "server_tls_key_file",
            "dns_max_ttl");

    private final IniSettings settings = new IniSettings();
    private final IniUsers userSettings = new IniUsers(settings);
    private final IniTls tls = new IniTls(settings);
    private final Map<String, IniFile.Entry> databases = new LinkedHashMap<>();
    private final IniAuth auth = new IniAuth(settings);

    private IniConverter() {}

    /** Reads the file and those that it names. */
    public static Conversion convert(Path file) {
        return convert(file, Map.of());
    }

    /** The same, with the databases that the environment lists; one that stands in the file too is the environment's. */
    public static Conversion convert(Path file, Map<String, String> environment) {
        IniFile ini = IniFile.read(file, environment);
        IniConverter converter = new IniConverter();
        converter.settings.notes().addAll(ini.problems());
        ini.entries().forEach(converter::sort);
        return new Conversion(converter.yaml(), converter.settings.notes());
    }

    private void sort(IniFile.Entry entry) {
        switch (entry.section()) {
            case "pgbouncer" -> settings.put(entry);
            case "databases" -> databases.put(entry.key(), entry);
            case "users" -> userSettings.add(entry);
            case "peers" ->
                note(
                        entry,
                        "[peers] " + entry.key() + ": "
                                + NeedlessKeys.why("peer_id").orElseThrow());
            default -> note(entry, "there is no section [" + entry.section() + "]; left out");
        }
    }

    private void note(IniFile.Entry entry, String text) {
        settings.note(entry, text);
    }

    private Optional<String> get(String key) {
        return settings.get(key);
    }

    private static String quoted(String text) {
        return IniSettings.quoted(text);
    }

    // ---- the file

    private String yaml() {
        auth.readUsers();
        StringBuilder out = new StringBuilder();
        listeners(out);
        simpleKeys(out);
        out.append(userSettings.yaml());
        out.append("routes:\n");
        databases.values().forEach(entry -> route(out, entry));
        return out.toString();
    }

    /** Keys that are a key of ours each, by the object that has them there. */
    private void simpleKeys(StringBuilder out) {
        Map<String, List<String>> objects = new LinkedHashMap<>();
        for (IniFile.Entry entry : settings.all()) {
            String name = entry.key().toLowerCase(java.util.Locale.ROOT);
            Optional<PgBouncerKey> key = PgBouncerKey.find(name);
            if (key.isPresent()) {
                simpleKey(objects, entry, key.get());
            } else if (NeedlessKeys.why(name).isPresent()) {
                note(entry, name + ": " + NeedlessKeys.why(name).get());
            } else if (MissingKeys.instead(name).isPresent()) {
                note(
                        entry,
                        name + " is not there; left out: "
                                + MissingKeys.instead(name).get());
            } else if (!READ.contains(name)) {
                note(entry, name + " has no equivalent; left out");
            }
        }
        if (get("max_client_conn").isEmpty()) {
            // PgBouncer's own default is 100.
            objects.computeIfAbsent("limits", name -> new ArrayList<>()).add("maxClientConn: 100");
        }
        if (get("admin_users").isPresent() || get("stats_users").isPresent()) {
            auth.ofConsole()
                    .ifPresentOrElse(
                            method -> objects.computeIfAbsent("admin", name -> new ArrayList<>())
                                    .add("clientAuth: " + method),
                            () -> settings.note(
                                    "admin_users", "nobody can log in to the console: auth_file has no users"));
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
        if (key == PgBouncerKey.POOL_MODE && !value.matches("session|transaction")) {
            note(entry, "pool_mode = " + value + ": expected session or transaction; left out");
            return;
        }
        if (key == PgBouncerKey.MIN_POOL_SIZE && number(value) > poolSize()) {
            note(entry, "min_pool_size is more than default_pool_size, which is in force instead");
            value = Integer.toString(poolSize());
        }
        if (key == PgBouncerKey.SERVER_CHECK_QUERY && value.isEmpty()) {
            note(entry, "server_check_query: an empty one switches no check off; server_check_delay does");
        }
        try {
            String[] path = key.path().split("\\.");
            objects.computeIfAbsent(path[0], name -> new ArrayList<>()).add(path[1] + ": " + key.yaml(value));
        } catch (IllegalArgumentException e) {
            note(entry, key.key() + " = " + value + ": " + e.getMessage() + "; left out");
        }
    }

    /** What is no number is somebody else's to name. */
    private static int number(String text) {
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : 0;
    }

    private int poolSize() {
        return get("default_pool_size")
                .map(IniConverter::number)
                .filter(size -> size > 0)
                .orElse(20);
    }

    // ---- listeners

    private void listeners(StringBuilder out) {
        String port = get("listen_port").orElse("6432");
        out.append("listeners:\n");
        String clientTls = tls.client();
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
                        .append(clientTls)
                        .append("}\n");
            }
        }
        String sockets = settings.isEmptied("unix_socket_dir")
                ? ""
                : get("unix_socket_dir").orElse("/tmp");
        if (sockets.startsWith("@")) {
            settings.note("unix_socket_dir", "abstract sockets are not there; left out");
        } else if (!sockets.isEmpty()) {
            out.append("  - {name: unix, address: ")
                    .append(quoted("unix:" + Path.of(sockets).toAbsolutePath().normalize() + "/.s.PGSQL." + port))
                    .append(get("unix_socket_mode")
                            .map(mode -> ", socketMode: " + quoted(mode))
                            .orElse(""))
                    .append(get("unix_socket_group")
                            .map(group -> ", socketGroup: " + quoted(group))
                            .orElse(""))
                    .append(", tls: {mode: disable}}\n");
        }
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
        String asked = Optional.ofNullable(database.get("dbname")).orElse(entry.key());
        boolean passThrough = !database.containsKey("user");
        Optional<String> credentials = auth.credentials(entry, database);
        if (credentials.isEmpty()) {
            return;
        }
        Optional<String> clientAuth = auth.ofClients(entry, database, asked, passThrough);
        if (clientAuth.isEmpty()) {
            return;
        }
        out.append("  - name: ")
                .append(quoted(entry.key().equals("*") ? "any" : entry.key()))
                .append('\n');
        out.append("    match: {databases: [").append(quoted(entry.key())).append("]}\n");
        out.append("    backend: ").append(backend(entry, database)).append('\n');
        out.append("    clientAuth: ").append(clientAuth.get()).append('\n');
        out.append("    credentials: ").append(credentials.get()).append('\n');
        auth.allowedUsers()
                .ifPresent(names ->
                        out.append("    access: {allowUsers: ").append(names).append("}\n"));
        clientLimits(out, entry, database);
        String pool = pool(entry, database);
        if (!pool.isEmpty()) {
            out.append("    pool: {").append(pool).append("}\n");
        }
        database.forEach((key, value) -> note(entry, "[databases] " + entry.key() + ": " + leftOver(key)));
    }

    private void clientLimits(StringBuilder out, IniFile.Entry entry, Map<String, String> database) {
        String most = database.remove("max_db_client_connections");
        if (most != null && most.matches("[0-9]{1,6}")) {
            out.append("    limits: {maxDbClientConnections: ").append(most).append("}\n");
        } else if (most != null) {
            note(
                    entry,
                    "[databases] " + entry.key() + ": max_db_client_connections " + most + " is no number; left out");
        }
    }

    private static String leftOver(String key) {
        return key + " has no equivalent, or not this value; left out";
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
        hostChoice(backend, entry, database, hosts.size());
        String connectQuery = database.remove("connect_query");
        if (connectQuery != null) {
            backend.append(", connectQuery: ").append(quoted(connectQuery));
        }
        backend.append(", tls: ").append(tls.server());
        get("dns_max_ttl").ifPresent(ttl -> {
            try {
                backend.append(", dnsTtl: ").append(PgBouncerKey.seconds(ttl));
            } catch (IllegalArgumentException e) {
                settings.note("dns_max_ttl", e.getMessage() + "; left out");
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

    /** PgBouncer takes its hosts in turn unless it is told otherwise. */
    private void hostChoice(StringBuilder backend, IniFile.Entry entry, Map<String, String> database, int hosts) {
        String balance =
                Optional.ofNullable(database.remove("load_balance_hosts")).orElse("round-robin");
        if (!balance.equals("round-robin") && !balance.equals("disable")) {
            note(entry, "[databases] " + entry.key() + ": load_balance_hosts " + balance + " is not known; left out");
        } else if (hosts > 1 && balance.equals("round-robin")) {
            backend.append(", loadBalanceHosts: round-robin");
        }
        String target = database.remove("target_session_attrs");
        if (target != null
                && Set.of("any", "read-write", "read-only", "primary", "standby")
                        .contains(target)) {
            backend.append(", targetSessionAttrs: ").append(target);
        } else if (target != null) {
            note(entry, "[databases] " + entry.key() + ": target_session_attrs " + target + " is not known; left out");
        }
    }

    private String pool(IniFile.Entry entry, Map<String, String> database) {
        Map<String, String> numbers = Map.of(
                "pool_size", "defaultPoolSize",
                "min_pool_size", "minPoolSize",
                "reserve_pool_size", "reservePoolSize",
                "reserve_pool", "reservePoolSize",
                "max_db_connections", "maxDbConnections");
        Map<String, String> keys = new LinkedHashMap<>();
        for (String key : List.copyOf(database.keySet())) {
            String value = database.getOrDefault(key, "");
            String ours = numbers.get(key);
            if (ours != null && value.matches("[0-9]{1,9}")) {
                keys.put(ours, value);
            } else if (key.equals("pool_mode") && value.matches("session|transaction")) {
                keys.put("mode", value);
            } else if (key.equals("pool_mode")) {
                keys.put("mode", "transaction");
                note(
                        entry,
                        "[databases] " + entry.key() + ": pool_mode " + value
                                + " is not there; transaction is in force instead");
            } else if (Set.of("server_lifetime", "query_wait_timeout").contains(key)
                    && value.matches("[0-9]{1,9}(\\.[0-9]{1,6})?")) {
                keys.put(
                        key.equals("server_lifetime") ? "serverLifetime" : "queryWaitTimeout",
                        PgBouncerKey.seconds(value));
            } else {
                continue;
            }
            database.remove(key);
        }
        capMinimum(keys);
        return keys.entrySet().stream()
                .map(key -> key.getKey() + ": " + key.getValue())
                .collect(Collectors.joining(", "));
    }

    /** As there, a minimum above the size of the pool is the size. */
    private void capMinimum(Map<String, String> keys) {
        int size = number(keys.getOrDefault("defaultPoolSize", Integer.toString(poolSize())));
        int minimum =
                number(keys.getOrDefault("minPoolSize", get("min_pool_size").orElse("0")));
        if (minimum > size) {
            keys.put("minPoolSize", Integer.toString(size));
        }
    }
}

package dev.postern.tenants;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One DataSource for each tenant: the same gateway and the same user name, another database and password. Writes a row for
 * each tenant in each round, and prints who the server takes it for. The first error ends it.
 *
 * <p>Environment: PGHOST, PGPORT (5432), PGUSER (app), PGSSLMODE (prefer), PGSSLROOTCERT; TENANTS, names with spaces
 * between; PASSWORDS, a folder with a file for each tenant; ROUNDS (without end), PAUSE in milliseconds (1000).
 */
public final class Tenants {
    private static final int POOL_SIZE = 4;

    /** Shorter than what closes idle connections on the way; the gateway itself keeps them. */
    private static final Duration MAX_LIFETIME = Duration.ofMinutes(30);

    private final Map<String, HikariDataSource> tenants = new LinkedHashMap<>();

    private Tenants(Map<String, String> environment) throws IOException {
        for (String tenant : environment.getOrDefault("TENANTS", "").trim().split("\\s+", -1)) {
            tenants.put(tenant, dataSource(tenant, environment));
        }
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> environment = System.getenv();
        long rounds = Long.parseLong(environment.getOrDefault("ROUNDS", String.valueOf(Long.MAX_VALUE)));
        long pause = Long.parseLong(environment.getOrDefault("PAUSE", "1000"));
        Tenants application = new Tenants(environment);
        for (long round = 0; round < rounds; round++) {
            application.visit();
            Thread.sleep(pause);
        }
        application.tenants.values().forEach(HikariDataSource::close);
    }

    private static HikariDataSource dataSource(String tenant, Map<String, String> environment) throws IOException {
        HikariConfig config = new HikariConfig();
        config.setPoolName(tenant);
        config.setJdbcUrl("jdbc:postgresql://" + environment.getOrDefault("PGHOST", "localhost") + ":"
                + environment.getOrDefault("PGPORT", "5432") + "/" + tenant);
        config.setUsername(environment.getOrDefault("PGUSER", "app"));
        config.setPassword(Files.readString(Path.of(environment.getOrDefault("PASSWORDS", "."), tenant))
                .strip());
        config.addDataSourceProperty("sslmode", environment.getOrDefault("PGSSLMODE", "prefer"));
        String authorities = environment.getOrDefault("PGSSLROOTCERT", "");
        if (!authorities.isEmpty()) {
            config.addDataSourceProperty("sslrootcert", authorities);
        }
        config.setMaximumPoolSize(POOL_SIZE);
        config.setMaxLifetime(MAX_LIFETIME.toMillis());
        config.setAutoCommit(false);
        return new HikariDataSource(config);
    }

    private void visit() throws SQLException {
        for (Map.Entry<String, HikariDataSource> tenant : tenants.entrySet()) {
            try (Connection connection = tenant.getValue().getConnection();
                    PreparedStatement insert = connection.prepareStatement("insert into visits default values");
                    PreparedStatement count = connection.prepareStatement(
                            "select current_database(), session_user, count(*) from visits")) {
                insert.executeUpdate();
                try (ResultSet rows = count.executeQuery()) {
                    rows.next();
                    System.out.println(tenant.getKey() + ": " + rows.getString(1) + " " + rows.getString(2) + " "
                            + rows.getLong(3));
                }
                connection.commit();
            }
        }
    }
}

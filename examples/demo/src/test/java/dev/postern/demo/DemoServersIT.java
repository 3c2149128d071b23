package dev.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoServersIT {
    @TempDir
    private Path folder;

    @Test
    void tenantsLogInOverTlsToTheirOwnDatabaseAlone() throws Exception {
        DemoCertificates certificates = DemoCertificates.create();
        Path authority = Files.writeString(folder.resolve("ca.crt"), certificates.authorityPem());
        List<Tenant> tenants = Tenant.all();
        int port;
        try (DemoServers servers =
                DemoServers.start(certificates, List.of(tenants.subList(0, 2), tenants.subList(2, 3)))) {
            port = servers.servers().getFirst().port();
            int second = servers.servers().getLast().port();

            assertThat(port).isNotEqualTo(second);
            for (Tenant tenant : tenants) {
                int at = tenant.database().equals("analytics") ? second : port;
                try (Connection connection = connect(at, tenant.database(), tenant, "verify-full", authority);
                        Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery(tenant.sampleQuery())) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo(tenant.role());
                    assertThat(row.getLong(2)).isPositive();
                }
            }
            Tenant orders = tenants.getFirst();
            assertThatThrownBy(() -> connect(port, "billing", orders, "verify-full", authority))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("permission denied for database");
            assertThatThrownBy(() -> connect(port, "orders", orders, "disable", authority))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("pg_hba.conf");
        }

        assertThatThrownBy(() -> {
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
                    }
                })
                .isInstanceOf(IOException.class);
    }

    private static Connection connect(int port, String database, Tenant tenant, String sslmode, Path authority)
            throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", tenant.role());
        properties.setProperty("password", tenant.password().reveal());
        properties.setProperty("sslmode", sslmode);
        properties.setProperty("sslrootcert", authority.toString());
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database), properties);
    }
}

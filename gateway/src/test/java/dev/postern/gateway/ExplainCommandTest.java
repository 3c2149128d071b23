package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainCommandTest {
    @TempDir
    Path folder;

    private String file = "";

    @BeforeEach
    void write() throws IOException {
        Path users = Files.writeString(folder.resolve("userlist.txt"), "\"reporter\" \"reporter-secret\"\n");
        Path config = Files.writeString(folder.resolve("postern.yaml"), """
                listeners: [{name: public, address: "127.0.0.1:5432", tls: {mode: disable}}]
                routes:
                  - name: orders
                    match: {databases: [orders], serverNames: [orders.db.example.com]}
                    backend: {hosts: [pg-a, "pg-b:5433"], database: orders_prod, tls: {mode: require}}
                    clientAuth: {scram: {users: {app: {password: app-secret}}, usersFile: %s}}
                    credentials: {static: {user: orders_app, password: backend-secret}}
                    access: {allowCidrs: [10.0.0.0/8], allowUsers: [app, reporter]}
                    pool: {mode: transaction, defaultPoolSize: 7, reservePoolSize: 2}
                  - name: tenants
                    match: {databases: ["tenant_*"]}
                    backend: {hosts: [pg-t], database: "t$1", tls: {mode: disable}}
                    clientAuth: {trust: {}}
                    credentials: {static: {user: tenants}}
                """.formatted(users));
        file = config.toString();
    }

    @Test
    void tellsRouteReasonServerCredentialAndPool() {
        CommandRun run = CommandRun.of("explain", "--config", file, "orders", "--user", "app");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("""
                        route:        orders
                        why:          the database "orders" is listed by the route orders
                        login:        scram, as app
                        access:       from 10.0.0.0/8; users app, reporter
                        database:     orders_prod
                        servers:      pg-a:5432, pg-b:5433, TLS require
                        credentials:  static, role orders_app
                        pool:         transaction mode, 7 server connections at most and 2 in reserve for each database
                        """);
        assertThat(run.status()).isZero();
    }

    @Test
    void expandsTheBackendDatabaseOfAPattern() {
        CommandRun run = CommandRun.of("explain", "-c", file, "tenant_42");
        assertThat(run.out()).contains("route:        tenants\n", "database:     t42\n");
        assertThat(run.status()).isZero();
    }

    @Test
    void findsAUserOfAUsersFile() {
        assertThat(CommandRun.of("explain", "-c", file, "orders", "--user", "reporter")
                        .status())
                .isZero();
    }

    @Test
    void tellsWhyAUserIsRefused() {
        CommandRun run = CommandRun.of("explain", "-c", file, "orders", "--user", "admin");
        assertThat(run.out()).contains("refused:      user admin is not one of access.allowUsers\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void tellsWhyThereIsNoRoute() {
        CommandRun run = CommandRun.of("explain", "-c", file, "nothing");
        assertThat(run.out()).isEqualTo("route:        none\nwhy:          no route lists the database \"nothing\"\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void tellsOfAContradiction() {
        CommandRun run = CommandRun.of("explain", "-c", file, "tenant_42", "--server-name", "orders.db.example.com");
        assertThat(run.out())
                .startsWith("route:        none, although part of it leads to orders\nwhy:")
                .contains("\nhint:");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void neverShowsASecret() {
        CommandRun run = CommandRun.of("explain", "-c", file, "orders", "--user", "app");
        assertThat(run.out()).doesNotContain("secret");
    }

    @Test
    void showsTheProblemsOfAConfiguration() throws IOException {
        Path wrong = Files.writeString(folder.resolve("wrong.yaml"), "listners: []\n");
        CommandRun run = CommandRun.of("explain", "-c", wrong.toString(), "orders");
        assertThat(run.err()).contains("wrong.yaml:1:1");
        assertThat(run.status()).isEqualTo(2);
    }
}

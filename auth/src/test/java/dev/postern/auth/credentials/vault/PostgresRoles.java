package dev.postern.auth.credentials.vault;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;

/**
 * Real roles. Statements use the placeholders {@code {{name}}}, {@code {{password}}}, {@code {{expiration}}} of Vault's
 * database engine.
 */
public final class PostgresRoles implements DoubleRoles {
    /** Like the built-in ones: no session is ended. */
    public static final List<String> BUILT_IN_REVOCATION = List.of(
            "REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA public FROM \"{{name}}\"",
            "REVOKE USAGE ON SCHEMA public FROM \"{{name}}\"",
            "DROP ROLE IF EXISTS \"{{name}}\"");

    private final DataSource admin;
    private final List<String> creation;
    private final List<String> revocation;
    private final Queue<String> passwords = new ConcurrentLinkedQueue<>();
    private final Queue<String> users = new ConcurrentLinkedQueue<>();

    public PostgresRoles(DataSource admin, List<String> creation, List<String> revocation) {
        this.admin = admin;
        this.creation = creation;
        this.revocation = revocation;
    }

    /** Members of a group that holds the rights, dropped by the built-in statements. */
    public static PostgresRoles inGroup(DataSource admin, String group) {
        return new PostgresRoles(admin, List.of(creationIn(group)), BUILT_IN_REVOCATION);
    }

    /** The statement that makes a member of this group. */
    public static String creationIn(String group) {
        return "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE " + group;
    }

    /** Every role that was made, those that are gone too. */
    public List<String> users() {
        return List.copyOf(users);
    }

    /** Every password that a role was made with. */
    public List<String> passwords() {
        return List.copyOf(passwords);
    }

    @Override
    public void create(String user, String password, Instant validUntil) throws DatabaseProblem {
        passwords.add(password);
        users.add(user);
        run(creation, user, password, validUntil);
    }

    @Override
    public void extend(String user, Instant validUntil) throws DatabaseProblem {
        run(List.of("ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}'"), user, "", validUntil);
    }

    @Override
    public void drop(String user) throws DatabaseProblem {
        run(revocation, user, "", Instant.EPOCH);
    }

    @Override
    public void setPassword(String user, String password) throws DatabaseProblem {
        passwords.add(password);
        run(List.of("ALTER ROLE \"{{name}}\" PASSWORD '{{password}}'"), user, password, Instant.EPOCH);
    }

    private void run(List<String> statements, String user, String password, Instant validUntil) throws DatabaseProblem {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql.replace("{{name}}", user)
                        .replace("{{password}}", password)
                        .replace("{{expiration}}", validUntil.toString()));
            }
            connection.commit();
        } catch (SQLException e) {
            throw new DatabaseProblem(
                    "failed to execute query: " + e.getMessage() + " (SQLSTATE " + e.getSQLState() + ")");
        }
    }
}

package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.client.UserStore.Lookup;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each preset's query against the function its operator installs, in a real PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthQueryPresetsIT {
    private static final List<String> ROLES = List.of(
            "create role lookup login",
            "create role app login password 'secret'",
            "create role expired login password 'secret' valid until '2020-01-01 00:00:00+00'",
            "create role forever login password 'secret' valid until 'infinity'",
            "create role nologin nologin password 'secret'",
            "create role empty login",
            "create role boss superuser login password 'secret'",
            "create role walker replication login password 'secret'",
            "create role \"Odd'; drop role app; --\" login password 'secret'");

    /** What an attacker with CREATE would plant (CVE-2025-12819). */
    private static final List<String> PLANTED = List.of(
            "create schema evil",
            "grant usage on schema evil to public",
            "create view evil.pg_authid as select 'app'::name as rolname, null::text as rolpassword",
            "create view evil.pg_roles as select 'app'::name as rolname",
            "create function evil.always(name, text) returns boolean language sql as 'select true'",
            "create operator evil.= (leftarg = name, rightarg = text, function = evil.always)",
            "alter role lookup set search_path = evil, pg_catalog");

    private EmbeddedPostgres postgres;

    @SafeVarargs
    private static List<String> concat(List<String>... lists) {
        return Stream.of(lists).flatMap(List::stream).toList();
    }

    @BeforeAll
    void start() throws Exception {
        postgres = EmbeddedPostgres.builder().start();
        try (Connection connection = connect("postgres", "");
                Statement statement = connection.createStatement()) {
            for (String sql : concat(ROLES, OperatorLookups.installedFor("lookup"), PLANTED)) {
                statement.execute(sql);
            }
        }
    }

    @AfterAll
    void stop() throws IOException {
        postgres.close();
    }

    @ParameterizedTest
    @EnumSource
    void findsRolesAndWhatHoldsForThem(AuthQuerySql preset) {
        UserStore store = new AuthQueryUserStore(new JdbcPort(preset), AuthQueryLimits.DEFAULT);

        StoredPassword app = found(store, "app");
        assertThat(app.scram().orElseThrow().matches(Secret.ofText("secret"))).isTrue();
        assertThat(app.doom("app", Instant.now())).isEmpty();
        assertThat(app.privileged()).isFalse();
        assertThat(found(store, "Odd'; drop role app; --").scram()).isPresent();
        assertThat(found(store, "forever").validUntil()).isEqualTo(StoredPassword.FOREVER);
        assertThat(found(store, "expired").validUntil()).isEqualTo(Instant.parse("2020-01-01T00:00:00Z"));
        assertThat(found(store, "boss").privileged()).isTrue();
        assertThat(found(store, "walker").privileged()).isTrue();
        assertThat(found(store, "empty").unusable()).contains("no password");
        assertThat(store.find("ghost")).isEqualTo(new Lookup.Unknown());
        // pg_shadow lists login roles only; pg_authid all.
        Lookup nologin = store.find("nologin");
        assertThat(nologin instanceof Lookup.Unknown
                        || !((Lookup.Found) nologin).password().unusable().isEmpty())
                .isTrue();
    }

    private static StoredPassword found(UserStore store, String user) {
        return ((Lookup.Found) store.find(user)).password();
    }

    private Connection connect(String user, String options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (!options.isEmpty()) {
            properties.setProperty("options", options);
        }
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/postgres", properties);
    }

    private final class JdbcPort implements AuthQueryPort {
        private final AuthQuerySql preset;

        JdbcPort(AuthQuerySql preset) {
            this.preset = preset;
        }

        @Override
        public CompletionStage<Optional<AuthQueryRow>> lookUp(String user) {
            try (Connection connection = connect("lookup", AuthQuerySql.PINNED_OPTIONS);
                    PreparedStatement statement =
                            connection.prepareStatement(preset.sql().replace("$1", "?"))) {
                statement.setString(1, user);
                ResultSet result = statement.executeQuery();
                if (!result.next()) {
                    return CompletableFuture.completedFuture(Optional.empty());
                }
                List<Optional<String>> columns = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    columns.add(Optional.ofNullable(result.getString(i)));
                }
                return CompletableFuture.completedFuture(Optional.of(new AuthQueryRow(columns)));
            } catch (SQLException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
    }
}

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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each preset's query against the function its operator installs, in a real PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthQueryPresetsIT {
    private EmbeddedPostgres postgres;

    @BeforeAll
    void start() throws Exception {
        postgres = EmbeddedPostgres.builder().start();
        try (Connection connection = connect("postgres", "");
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(
                    "create role lookup login",
                    "create role app login password 'secret'",
                    "create role expired login password 'secret' valid until '2020-01-01 00:00:00+00'",
                    "create role forever login password 'secret' valid until 'infinity'",
                    "create role nologin nologin password 'secret'",
                    "create role empty login",
                    "create role boss superuser login password 'secret'",
                    "create role walker replication login password 'secret'",
                    "create role \"Odd'; drop role app; --\" login password 'secret'",
                    // As the operators install them: none of them knows VALID UNTIL.
                    "create function public.user_search(uname text) returns table (usename name, passwd text) language sql"
                            + " security definer set search_path = pg_catalog, pg_temp as"
                            + " 'select usename, passwd from pg_catalog.pg_shadow where usename = $1'",
                    "create schema pooler",
                    "create function pooler.user_lookup(in i_username text, out uname text, out phash text) returns record"
                            + " language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin"
                            + " select usename, passwd from pg_catalog.pg_shadow where usename = i_username"
                            + " into uname, phash; return; end $$",
                    "create schema pgbouncer",
                    "create function pgbouncer.get_auth(wanted text) returns table (username text, password text) language sql"
                            + " security definer set search_path = pg_catalog, pg_temp as"
                            + " 'select rolname::text, rolpassword::text from pg_catalog.pg_authid where rolname = $1'",
                    "grant usage on schema pooler, pgbouncer to lookup",
                    "grant select on pg_catalog.pg_authid to lookup",
                    // What an attacker with CREATE would plant (CVE-2025-12819).
                    "create schema evil",
                    "grant usage on schema evil to public",
                    "create view evil.pg_authid as select 'app'::name as rolname, null::text as rolpassword",
                    "create view evil.pg_roles as select 'app'::name as rolname",
                    "create function evil.always(name, text) returns boolean language sql as 'select true'",
                    "create operator evil.= (leftarg = name, rightarg = text, function = evil.always)",
                    "alter role lookup set search_path = evil, pg_catalog")) {
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

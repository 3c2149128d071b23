package dev.postern.auth.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.auth.Secret;
import dev.postern.auth.client.UserStore.Lookup;
import dev.postern.auth.password.ScramVerifier;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthQueryUserStoreTest {
    private static final AuthQueryLimits LIMITS = new AuthQueryLimits(
            100, Duration.ofSeconds(60), Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(20), 4);

    private final ScriptedPort port = new ScriptedPort();
    private final FakeTicker ticker = new FakeTicker();
    private final AuthQueryUserStore store = new AuthQueryUserStore(port, LIMITS, ticker);

    @Test
    void remembersAUserForItsTime() {
        found(port.answer(store.find("app"), row("app", Logins.VERIFIER.format())));
        ticker.pass(Duration.ofSeconds(59));
        assertThat(store.find("app")).isInstanceOf(Lookup.Found.class);
        ticker.pass(Duration.ofSeconds(2));
        assertThat(store.find("app")).isInstanceOf(Lookup.Pending.class);
        assertThat(port.asked).hasSize(2);
    }

    @Test
    void remembersThatAUserIsNotThereForAShorterTime() {
        assertThat(port.answer(store.find("ghost"), Optional.empty())).isEqualTo(new Lookup.Unknown());
        assertThat(store.find("ghost")).isEqualTo(new Lookup.Unknown());
        ticker.pass(Duration.ofSeconds(11));
        assertThat(store.find("ghost")).isInstanceOf(Lookup.Pending.class);
    }

    @Test
    void asksOnceForManyClientsOfOneUser() {
        Lookup first = store.find("app");
        Lookup second = store.find("app");
        assertThat(port.asked).containsExactly("app");

        found(port.answer(first, row("app", Logins.VERIFIER.format())));
        found(settled(second));
    }

    @Test
    void refusesMoreLookUpsAtOnceThanAllowed() {
        store.find("a");
        store.find("b");
        assertThat(store.find("c")).isInstanceOf(Lookup.Failed.class);
        assertThat(port.asked).containsExactly("a", "b");
    }

    @Test
    void madeUpNamesDoNotKeepOutUsersThatAreKnown() {
        for (String user : List.of("app", "web", "job")) {
            found(port.answer(store.find(user), row(user, Logins.VERIFIER.format())));
        }
        ticker.pass(Duration.ofSeconds(61));
        store.find("a");
        store.find("b");
        assertThat(store.find("c")).isInstanceOf(Lookup.Failed.class);
        assertThat(store.find("app")).isInstanceOf(Lookup.Pending.class);
        Lookup last = store.find("web");
        assertThat(last).isInstanceOf(Lookup.Pending.class);
        assertThat(store.find("job")).as("four at once").isInstanceOf(Lookup.Failed.class);
        found(port.answer(last, row("web", Logins.VERIFIER.format())));
        ticker.pass(Duration.ofSeconds(2));
        assertThat(store.find("job")).isInstanceOf(Lookup.Pending.class);
    }

    @Test
    void aUserThatIsGoneIsAStrangerAgain() {
        found(port.answer(store.find("app"), row("app", Logins.VERIFIER.format())));
        ticker.pass(Duration.ofSeconds(61));
        port.answer(store.find("app"), Optional.empty());
        ticker.pass(Duration.ofSeconds(11));
        store.find("a");
        store.find("b");
        assertThat(store.find("app")).isInstanceOf(Lookup.Failed.class);
    }

    @Test
    void doesNotAskForANameThatTheDatabaseWouldCut() {
        assertThat(store.find("x".repeat(64))).isEqualTo(new Lookup.Unknown());
        assertThat(store.find("é".repeat(32))).isEqualTo(new Lookup.Unknown());
        assertThat(port.asked).isEmpty();
    }

    @Test
    void refusesARowOfSomebodyElse() {
        assertThat(port.answer(store.find("app"), row("postgres", Logins.VERIFIER.format())))
                .isEqualTo(new Lookup.Unknown());
    }

    @Test
    void rememberAFailureForAMomentOnly() {
        assertThat(port.fail(store.find("app"), new IOException("pg-a:5432 refused")))
                .isEqualTo(new Lookup.Failed("auth_query failed: pg-a:5432 refused"));
        assertThat(store.find("app")).isInstanceOf(Lookup.Failed.class);
        ticker.pass(Duration.ofSeconds(2));
        assertThat(store.find("app")).isInstanceOf(Lookup.Pending.class);
    }

    @Test
    void aPortThatThrowsIsAFailedLookUp() {
        AuthQueryUserStore broken = new AuthQueryUserStore(
                user -> {
                    throw new IllegalStateException("no pool");
                },
                LIMITS,
                ticker);
        assertThat(broken.find("app")).isEqualTo(new Lookup.Failed("auth_query failed: no pool"));
        assertThat(broken.find("app2")).isInstanceOf(Lookup.Failed.class);
        assertThat(broken.find("app3"))
                .as("permits come back")
                .isEqualTo(new Lookup.Failed("auth_query failed: no pool"));
    }

    @Test
    void looksAgainAfterAFailedProofAtALimitedRate() {
        port.answer(store.find("app"), row("app", Logins.VERIFIER.format()));
        String changed = ScramVerifier.derive(Secret.ofText("changed"), 4096).format();

        assertThat(store.lookAgain("app")).isTrue();
        assertThat(store.lookAgain("app")).as("one is under way").isFalse();
        StoredPassword newer = found(port.answer(store.find("app"), row("app", changed)));

        assertThat(newer.scram().orElseThrow().format()).isEqualTo(changed);
        assertThat(store.lookAgain("app")).as("too soon").isFalse();
        ticker.pass(Duration.ofSeconds(21));
        assertThat(store.lookAgain("app")).isTrue();
    }

    @Test
    void keepsWhatItKnewWhenLookingAgainFails() {
        port.answer(store.find("app"), row("app", Logins.VERIFIER.format()));
        store.lookAgain("app");
        found(port.fail(store.find("app"), new IOException("down")));
        assertThat(store.find("app")).isInstanceOf(Lookup.Found.class);
    }

    @Test
    void clientsSeeAChangedPasswordOnTheirNextAttempt() {
        port.answer(
                store.find("app"),
                row("app", "SCRAM-SHA-256$4096:AAAA$" + "A".repeat(43) + "=:" + "A".repeat(43) + "="));
        assertThat(new ScriptedScramClient().login(Logins.scram(Logins.plain("app"), store), "SCRAM-SHA-256"))
                .isEqualTo(new Step.Rejected(new Rejection.BadPassword("app")));
        port.answerAll(row("app", Logins.VERIFIER.format()));

        assertThat(new ScriptedScramClient().login(Logins.scram(Logins.plain("app"), store), "SCRAM-SHA-256"))
                .isInstanceOf(Step.Accepted.class);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "NULL",
            value = {
                "NULL, +1000000000-12-31T23:59:59.999999999Z",
                "Infinity, +1000000000-12-31T23:59:59.999999999Z",
                "-Infinity, -1000000000-01-01T00:00:00Z",
                "1577836800.5, 2020-01-01T00:00:00.500Z",
            })
    void readsValidUntil(String seconds, String expected) {
        StoredPassword password = found(port.answer(store.find("app"), row("app", Logins.VERIFIER.format(), seconds)));
        assertThat(password.validUntil()).isEqualTo(Instant.parse(expected));
        assertThat(password.unusable()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"soon", "NaN", "''"})
    void letsNobodyInWhereValidUntilCannotBeRead(String seconds) {
        StoredPassword password = found(port.answer(store.find("app"), row("app", Logins.VERIFIER.format(), seconds)));
        assertThat(password.doom("app", Instant.now()).orElseThrow()).isInstanceOf(Rejection.UnusablePassword.class);
    }

    @Test
    void honoursNologinAndNoPasswordAndKnowsThePrivileged() {
        String verifier = Logins.VERIFIER.format();
        assertThat(found(port.answer(store.find("a"), row("a", verifier, null, "f", "f", "f")))
                        .unusable())
                .contains("NOLOGIN");
        assertThat(found(port.answer(store.find("b"), row("b", null, null, "t", "f", "f")))
                        .unusable())
                .contains("no password");
        assertThat(found(port.answer(store.find("c"), row("c", "hunter2"))).unusable())
                .contains("neither");
        assertThat(found(port.answer(store.find("d"), row("d", verifier, null, "t", "t", "f")))
                        .privileged())
                .isTrue();
        assertThat(found(port.answer(store.find("e"), row("e", verifier, null, "t", "f", "t")))
                        .privileged())
                .isTrue();
        assertThat(found(port.answer(store.find("f"), row("f", verifier, null, "t", "f", "f")))
                        .privileged())
                .isFalse();
    }

    private static Optional<AuthQueryRow> row(@Nullable String... columns) {
        List<Optional<String>> list = new ArrayList<>();
        for (String column : columns) {
            list.add(Optional.ofNullable(column));
        }
        return Optional.of(new AuthQueryRow(list));
    }

    private static StoredPassword found(Lookup lookup) {
        return ((Lookup.Found) lookup).password();
    }

    private static Lookup settled(Lookup lookup) {
        return lookup instanceof Lookup.Pending(var stage)
                ? stage.toCompletableFuture().join()
                : lookup;
    }

    private static final class ScriptedPort implements AuthQueryPort {
        final List<String> asked = new ArrayList<>();
        private final List<CompletableFuture<Optional<AuthQueryRow>>> answers = new ArrayList<>();

        @Override
        public CompletionStage<Optional<AuthQueryRow>> lookUp(String user) {
            asked.add(user);
            CompletableFuture<Optional<AuthQueryRow>> answer = new CompletableFuture<>();
            answers.add(answer);
            return answer;
        }

        void answerAll(Optional<AuthQueryRow> row) {
            answers.forEach(answer -> answer.complete(row));
        }

        Lookup answer(Lookup pending, Optional<AuthQueryRow> row) {
            answerAll(row);
            return settled(pending);
        }

        Lookup fail(Lookup pending, Throwable failure) {
            answers.forEach(answer -> answer.completeExceptionally(failure));
            return settled(pending);
        }
    }

    @Test
    void refusesAVerifierThatWouldKeepTheProcessorsBusy() {
        String endless = Logins.VERIFIER.format().replaceFirst("4096", "999999999");
        StoredPassword password = ((Lookup.Found) port.answer(store.find("app"), row("app", endless))).password();
        assertThat(password.unusable()).contains("999999999");
        assertThat(password.scram()).isEmpty();
    }

    @Test
    void md5IsForStrangersAsForTheUserFoundLast() {
        assertThat(store.keepsMd5()).isFalse();
        port.answer(store.find("old"), row("old", "md5" + "0".repeat(32)));
        port.answer(store.find("ghost"), Optional.empty());
        assertThat(store.keepsMd5()).isTrue();
        port.answer(store.find("app"), row("app", Logins.VERIFIER.format()));
        assertThat(store.keepsMd5()).isFalse();
    }
}

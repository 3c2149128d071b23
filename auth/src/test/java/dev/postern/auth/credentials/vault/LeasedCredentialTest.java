package dev.postern.auth.credentials.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.Credential;
import dev.postern.auth.credentials.CredentialSource;
import dev.postern.auth.credentials.CredentialStatus;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.FakeTasks;
import dev.postern.auth.credentials.GenerationState;
import dev.postern.auth.credentials.RecordingListener;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The engine against the double on a hand-turned clock: minutes of load in milliseconds. */
class LeasedCredentialTest {
    private static final String ROLE_ID = "role-id";
    private static final String SECRET_ID = "secret-id";
    private static final Duration SHORT = Duration.ofMillis(50);

    private final FakeTasks tasks = new FakeTasks();
    private final VaultDouble vault = new VaultDouble(tasks::now);
    private final MemoryRoles roles = new MemoryRoles();
    private final DirectVaultClient client = new DirectVaultClient(vault);
    private final Vaults vaults = new Vaults(tasks, new Random(4711));
    private final RecordingListener listener = new RecordingListener();

    // Building blocks.

    private void world(Duration tokenTtl, Duration tokenMaxTtl) {
        world(tokenTtl, tokenMaxTtl, VaultSettings.DEFAULTS);
    }

    private void world(Duration tokenTtl, Duration tokenMaxTtl, VaultSettings settings) {
        vault.putRole("app", roles, Duration.ofSeconds(20), Duration.ofSeconds(60));
        vault.putRole("long", roles, Duration.ofHours(1), Duration.ofHours(24));
        vault.putAppRole(
                "gateway",
                ROLE_ID,
                SECRET_ID,
                tokenTtl,
                tokenMaxTtl,
                "database/creds/app",
                "database/creds/long",
                "database/creds/missing",
                "sys/leases/revoke");
        vaults.connect("main", client, settings);
        vaults.identity(
                "main",
                "gateway",
                VaultLogins.appRole(
                        "approle", SecretText.of(Secret.ofText(ROLE_ID)), SecretText.of(Secret.ofText(SECRET_ID))));
        beat();
    }

    private void longLivedToken() {
        world(Duration.ofHours(1), Duration.ZERO);
    }

    private void beat() {
        vault.tick();
        tasks.later(Duration.ofMillis(50), this::beat);
    }

    private CredentialSource source(String path) {
        CredentialSource source = vaults.source("main", "gateway", VaultPath.of(path));
        source.listen(listener);
        return source;
    }

    private Traffic traffic(CredentialSource source, int connections, Duration length) {
        return new Traffic(source, roles, tasks, connections, length);
    }

    private Credential acquire(CredentialSource source) {
        CompletableFuture<Credential> stage = source.acquire().toCompletableFuture();
        tasks.settle();
        return stage.join();
    }

    private String failure(CredentialSource source) {
        CompletableFuture<Credential> stage = source.acquire().toCompletableFuture();
        tasks.settle();
        assertThatThrownBy(stage::join).hasCauseInstanceOf(CredentialUnavailable.class);
        return stage.handle((c, e) -> String.valueOf(e.getMessage())).join();
    }

    // Issuing.

    @Test
    void asksOnceForManyAndOnlyWhenSomebodyNeedsIt() {
        longLivedToken();
        CredentialSource first = source("database/creds/app");
        CredentialSource second = source("database/creds/app");
        assertThat(vault.requests()).isEmpty();

        List<CompletableFuture<Credential>> stages = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            stages.add(first.acquire().toCompletableFuture());
            stages.add(second.acquire().toCompletableFuture());
        }
        tasks.settle();

        assertThat(stages).allMatch(s -> s.join().generation() == 1);
        assertThat(vault.requests("creds/app")).isEqualTo(1);
        assertThat(vault.requests("auth/approle/login")).isEqualTo(1);
    }

    @Test
    void differentPathsHaveDifferentCredentials() {
        longLivedToken();

        Credential app = acquire(source("database/creds/app"));
        Credential other = acquire(source("database/creds/long"));

        assertThat(app.user()).isNotEqualTo(other.user());
    }

    @Test
    void deadlineIsTheLeasesEndLessAMargin() {
        longLivedToken();
        Instant before = tasks.now();

        Credential credential = acquire(source("database/creds/app"));

        assertThat(credential.deadline()).isEqualTo(before.plusSeconds(19));
    }

    @Test
    void deadlineIsTheTokensEndWhereThatComesFirst() {
        world(Duration.ofSeconds(30), Duration.ofSeconds(30));
        Instant before = tasks.now();

        Credential credential = acquire(source("database/creds/long"));

        assertThat(credential.deadline()).isEqualTo(before.plusSeconds(30).minusMillis(1500));
    }

    // Rotation.

    @Test
    void tenMinutesOfShortTransactionsSeeNoErrorAndAboutOneRolePerMaxTtl() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Traffic traffic = traffic(source, 20, SHORT);

        traffic.run(Duration.ofMinutes(10));

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.cutOff).isEmpty();
        assertThat(traffic.unavailable).isZero();
        assertThat(traffic.generations).hasSizeBetween(10, 18); // 21 s each for two max TTLs, then 41 s
        assertThat(roles.names()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void everyTransactionOfHalfTheMaxTtlCommitsWhereOldConnectionsServeAsLongAsTheyMay() {
        longLivedToken();
        tasks.advance(Duration.ofMillis(970)); // the lease is issued at the end of a second: its ends come early
        Traffic traffic = traffic(source("database/creds/app"), 100, Duration.ofSeconds(30));
        traffic.lendsOn = true;

        traffic.run(Duration.ofMinutes(30));

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.cutOff).isEmpty();
        assertThat(traffic.committed).isGreaterThan(5000);
        assertThat(traffic.generations).hasSizeBetween(60, 90); // 20 to 30 s each
    }

    @Test
    void everyTransactionOfHalfTheMaxTtlCommitsWhenShortOnesWereThereBeforeForTwoMaxTtls() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        traffic(source, 5, SHORT).run(Duration.ofMinutes(2));
        Traffic traffic = traffic(source, 20, Duration.ofSeconds(30));
        traffic.lendsOn = true;

        traffic.run(Duration.ofMinutes(10));

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.cutOff).isEmpty();
    }

    @Test
    void noTransactionBeginsOnAReplacedLeaseThatHasTooLittleLeft() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        acquire(source);
        while (!listener.heard().contains("rotated 2")) {
            tasks.advance(Duration.ofMillis(50));
        }
        Instant servesUntil = source.generation(1).servesUntil();
        assertThat(servesUntil).isAfter(tasks.now());
        assertThat(listener.heard()).containsExactly("rotated 1", "rotated 2");

        tasks.advance(Duration.between(tasks.now(), servesUntil));
        assertThat(listener.heard()).containsExactly("rotated 1", "rotated 2", "spent 1");
        tasks.advance(Duration.ofSeconds(30));
        assertThat(listener.heard()).doesNotContain("ended 1");
        tasks.advance(Duration.ofSeconds(3));
        assertThat(listener.heard()).contains("ended 1");
    }

    @Test
    void transactionLongerThanTheMaxTtlIsCutOffAtTheDeadlineNotByADroppedRole() {
        longLivedToken();
        Traffic traffic = traffic(source("database/creds/app"), 2, Duration.ofSeconds(90));

        traffic.run(Duration.ofSeconds(105)); // the second one begins after 45 s, the first anew after 60

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.cutOff).hasSize(3);
        assertThat(listener.heard()).contains("ended 1");
    }

    @Test
    void oldLeaseIsRevokedOnlyWhenItsLastHolderReleases() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Credential held = acquire(source);
        while (!listener.heard().contains("rotated 2")) {
            tasks.advance(Duration.ofMillis(100));
        }
        tasks.advance(Duration.ofSeconds(1));
        assertThat(source.generation(1).phase()).isEqualTo(GenerationState.Phase.RETIRING);
        assertThat(roles.names()).contains(held.user());

        source.release(held);
        tasks.settle();

        assertThat(roles.names()).doesNotContain(held.user());
        assertThat(source.generation(1)).isEqualTo(GenerationState.DEAD);
    }

    @Test
    void ttlOfOneHourIsRenewedNotReplaced() {
        longLivedToken();
        Traffic traffic = traffic(source("database/creds/long"), 1, Duration.ofSeconds(1));

        for (int minute = 0; minute < 180; minute++) {
            traffic.run(Duration.ofSeconds(1));
            tasks.advance(Duration.ofSeconds(59));
        }

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.generations).hasSize(1);
    }

    // Tokens.

    @Test
    void tokenOfThirtySecondsUnderAnHourOfLeaseIsReplacedBeforeItsLeasesDie() {
        world(Duration.ofSeconds(30), Duration.ofSeconds(30));
        Traffic traffic = traffic(source("database/creds/long"), 20, SHORT);

        traffic.run(Duration.ofMinutes(5));

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.cutOff).isEmpty();
        assertThat(traffic.unavailable).isZero();
    }

    @Test
    void renewableTokenIsRenewedUpToItsMaxTtl() {
        world(Duration.ofSeconds(15), Duration.ofSeconds(60));
        Traffic traffic = traffic(source("database/creds/app"), 5, SHORT);

        traffic.run(Duration.ofMinutes(5));

        assertThat(traffic.errors).isEmpty();
        assertThat(vault.logins()).isBetween(5, 12);
        assertThat(vault.requests("renew-self")).isGreaterThan(10);
    }

    @Test
    void batchTokenCannotBeRenewedAndIsReplaced() {
        longLivedToken();
        vault.logins("")
                .putAppRole(
                        "batch",
                        DoubleTokens.Rules.of(
                                        Duration.ofSeconds(30),
                                        Duration.ZERO,
                                        "database/creds/app",
                                        "sys/leases/revoke")
                                .asBatch(),
                        "batch-role",
                        "batch-secret",
                        0);
        vaults.identity(
                "main",
                "batch",
                VaultLogins.appRole(
                        "approle",
                        SecretText.of(Secret.ofText("batch-role")),
                        SecretText.of(Secret.ofText("batch-secret"))));
        CredentialSource source = vaults.source("main", "batch", VaultPath.of("database/creds/app"));
        Traffic traffic = traffic(source, 5, SHORT);

        traffic.run(Duration.ofMinutes(3));

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.unavailable).isZero();
    }

    @Test
    void revokedTokenIsNoticedAtTheNextRequestAndEverythingIsIssuedAnew() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Traffic traffic = traffic(source, 5, SHORT);
        traffic.run(Duration.ofSeconds(5));

        vault.revokeAllTokens();
        traffic.run(Duration.ofSeconds(30));

        assertThat(traffic.errors).hasSizeLessThanOrEqualTo(5);
        assertThat(vault.logins()).isEqualTo(2);
        assertThat(traffic.open()).isEqualTo(5);
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.READY);
    }

    // Refusals.

    @Test
    void policyThatForbidsIsReportedWithoutLoginLoop() {
        longLivedToken();
        CredentialSource source = source("database/creds/forbidden");

        String reason = failure(source);
        tasks.advance(Duration.ofMinutes(10));

        assertThat(reason).contains("403").contains("database/creds/forbidden");
        assertThat(vault.logins()).isEqualTo(1);
        assertThat(vault.requests("creds/forbidden")).isLessThan(60);
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.FAILING);
    }

    @Test
    void brokenPathDelaysNoOther() {
        longLivedToken();
        CredentialSource broken = source("database/creds/missing");
        CredentialSource good = source("database/creds/app");
        assertThat(failure(broken)).contains("unknown role");

        Traffic traffic = traffic(good, 5, SHORT);
        traffic.run(Duration.ofMinutes(2));

        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.unavailable).isZero();
    }

    @Test
    void leaseRevokedByHandIsReplacedAfterTheFirstRefusal() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Traffic traffic = traffic(source, 5, SHORT);
        traffic.run(Duration.ofSeconds(5));

        vault.revokeLeases();
        traffic.run(Duration.ofSeconds(5));

        assertThat(traffic.errors).hasSizeLessThanOrEqualTo(5);
        assertThat(traffic.open()).isEqualTo(5);
        assertThat(source.status().generation()).isEqualTo(2);
    }

    @Test
    void leasesRevokedByHandAgainAndAgainAreEachReplacedAtOnce() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Traffic traffic = traffic(source, 5, SHORT);
        traffic.run(Duration.ofSeconds(5));

        for (int i = 0; i < 5; i++) {
            vault.revokeLeases();
            traffic.run(Duration.ofSeconds(2));
        }

        assertThat(traffic.unavailable).isZero();
        assertThat(traffic.errors).hasSizeLessThanOrEqualTo(5 * 5);
        assertThat(traffic.open()).isEqualTo(5);
        assertThat(source.status().generation()).isEqualTo(6);
    }

    @Test
    void rolesThatAreAlwaysTakenAwayAreNoStormEither() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");

        for (int i = 0; i < 1200; i++) {
            CompletableFuture<Credential> stage = source.acquire().toCompletableFuture();
            tasks.settle();
            if (!stage.isCompletedExceptionally()) {
                source.accepted(stage.join());
                source.refused(stage.join(), "42704");
                source.release(stage.join());
            }
            tasks.advance(Duration.ofMillis(100));
        }

        assertThat(roles.created()).isLessThan(30);
    }

    @Test
    void serverThatRefusesEveryCredentialIsNotAStormOfRoles() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");

        for (int i = 0; i < 1200; i++) {
            CompletableFuture<Credential> stage = source.acquire().toCompletableFuture();
            tasks.settle();
            if (!stage.isCompletedExceptionally()) {
                source.refused(stage.join(), "28P01");
                source.release(stage.join());
            }
            tasks.advance(Duration.ofMillis(100));
        }

        assertThat(roles.created()).isLessThan(20);
        assertThat(source.status().lastError()).contains("28P01");
    }

    @Test
    void refusedGenerationIsLostAtOnceAndEndsForItsLastHoldersAfterATimeOfGrace() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Credential credential = acquire(source);

        source.refused(credential, "42704");
        source.refused(credential, "42704");
        tasks.settle();

        assertThat(listener.heard()).containsExactly("rotated 1", "lost 1", "rotated 2");
        assertThat(source.generation(1).phase()).isEqualTo(GenerationState.Phase.RETIRING);
        tasks.advance(Duration.ofSeconds(10));
        assertThat(listener.heard()).containsExactly("rotated 1", "lost 1", "rotated 2", "ended 1");
        assertThat(source.generation(1).phase()).isEqualTo(GenerationState.Phase.DEAD);
    }

    // Outages.

    @Test
    void startsWhileVaultIsAwayAndServesSoonAfterItsReturn() {
        longLivedToken();
        vault.setMode(VaultDouble.Mode.STOPPED);
        CredentialSource source = source("database/creds/app");
        Traffic traffic = traffic(source, 3, SHORT);
        traffic.run(Duration.ofMinutes(1));
        assertThat(source.status().lastError()).contains("away");
        assertThat(client.sent()).isLessThan(60);

        vault.setMode(VaultDouble.Mode.UP);
        traffic.run(Duration.ofSeconds(2));

        assertThat(traffic.open()).isEqualTo(3);
        assertThat(traffic.errors).isEmpty();
    }

    @Test
    void openConnectionsOutliveAnOutageOfThreeLeases() {
        outage(VaultDouble.Mode.STOPPED);
    }

    @Test
    void openConnectionsOutliveASealOfThreeLeases() {
        outage(VaultDouble.Mode.SEALED);
    }

    private void outage(VaultDouble.Mode mode) {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Traffic traffic = traffic(source, 20, SHORT);
        traffic.run(Duration.ofSeconds(15));
        int sentBefore = client.sent();

        vault.setMode(mode);
        traffic.run(Duration.ofSeconds(60));

        assertThat(client.sent() - sentBefore).isLessThan(60);
        assertThat(traffic.errors).isEmpty();
        assertThat(traffic.unavailable).isZero();
        assertThat(traffic.roleChecks).isGreaterThan(100);
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.OVERDUE);
        assertThat(source.generation(source.status().generation()).overdue()).isTrue();

        vault.setMode(VaultDouble.Mode.UP);
        traffic.run(Duration.ofSeconds(2));

        assertThat(traffic.open()).isEqualTo(20);
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.READY);
        // Of the statements running at the very moment of the drop, each connection may lose one.
        assertThat(traffic.errors).hasSizeLessThanOrEqualTo(20);
    }

    /** An overdue credential on a connection that is open, Vault being away for three leases. */
    private Credential overdue(CredentialSource source) {
        Credential held = acquire(source);
        vault.setMode(VaultDouble.Mode.STOPPED);
        tasks.advance(Duration.ofSeconds(60));
        assertThat(source.generation(held.generation()).overdue()).isTrue();
        return held;
    }

    @Test
    void vanishedRoleTellsOfVaultsReturnAndWhoAsksWaitsForTheNewOne() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Credential held = overdue(source);

        vault.setMode(VaultDouble.Mode.UP);
        tasks.advance(Duration.ofMillis(60)); // the double has dropped the role, and no probe has been due
        assertThat(roles.names()).doesNotContain(held.user());
        source.refused(held, "42704");
        CompletableFuture<Credential> next = source.acquire().toCompletableFuture();
        assertThat(next).isNotDone();
        assertThat(source.isReplacing(held)).isTrue();
        tasks.settle();

        assertThat(next.join().generation()).isEqualTo(2);
    }

    @Test
    void vanishedRoleWithoutVaultsReturnKeepsNobodyWaitingForLong() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Credential held = overdue(source);
        int sentBefore = client.sent();

        source.refused(held, "42704");
        CompletableFuture<Credential> next = source.acquire().toCompletableFuture();
        tasks.advance(Duration.ofSeconds(2));
        assertThat(next).isNotDone();
        tasks.advance(Duration.ofSeconds(3));

        assertThat(next).isCompletedExceptionally();
        assertThat(source.acquire().toCompletableFuture()).isCompletedExceptionally();
        assertThat(client.sent() - sentBefore).isLessThan(10);
        tasks.advance(Duration.ofSeconds(60));
        assertThat(client.sent() - sentBefore).isLessThan(60);
    }

    @Test
    void refusedLoginOfAnOverdueCredentialIsSettledByVaultsBeingThere() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Credential held = overdue(source);

        CompletableFuture<Boolean> whileAway = source.isGone(held).toCompletableFuture();
        tasks.advance(Duration.ofMillis(1500));
        assertThat(whileAway).isCompletedWithValue(false);

        vault.setMode(VaultDouble.Mode.UP);
        CompletableFuture<Boolean> atReturn = source.isGone(held).toCompletableFuture();
        tasks.advance(Duration.ofMillis(1500));
        assertThat(atReturn).isCompletedWithValue(true);
    }

    @Test
    void longOutageEndsSoonAfterSomebodyAsks() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        vault.setMode(VaultDouble.Mode.STOPPED);
        failure(source);
        tasks.advance(Duration.ofHours(2)); // probed up to 30 s apart now

        vault.setMode(VaultDouble.Mode.UP);
        source.acquire();
        tasks.advance(Duration.ofMillis(1500));
        source.acquire();
        tasks.advance(Duration.ofMillis(100));

        assertThat(acquire(source).generation()).isEqualTo(1);
    }

    @Test
    void standbyWithoutLeaderCountsAsAway() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        vault.setMode(VaultDouble.Mode.NO_LEADER);
        failure(source);
        int sentBefore = client.sent();
        tasks.advance(Duration.ofSeconds(60));
        assertThat(client.sent() - sentBefore).isLessThan(60);

        vault.setMode(VaultDouble.Mode.UP);
        tasks.advance(Duration.ofSeconds(3));

        assertThat(acquire(source).generation()).isEqualTo(1);
    }

    @Test
    void databaseThatIsDownKeepsTheCredentialToItsEnd() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        acquire(source);
        tasks.advance(Duration.ofSeconds(5));

        roles.setDown(true);
        tasks.advance(Duration.ofSeconds(13));

        assertThat(source.status().generation()).isEqualTo(1);
        assertThat(source.status().lastError()).contains("failed to connect");
        assertThat(listener.heard()).containsExactly("rotated 1");

        roles.setDown(false);
        tasks.advance(Duration.ofSeconds(40));
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.READY);
    }

    @Test
    void rateLimitedVaultIsAskedEverSeldomer() {
        longLivedToken();
        acquire(source("database/creds/long"));
        CredentialSource source = source("database/creds/app");
        vault.setMode(VaultDouble.Mode.RATE_LIMITED);
        vault.forgetRequests();

        failure(source);
        tasks.advance(Duration.ofMinutes(5));

        assertThat(vault.requests("creds/app")).isLessThan(40);
    }

    @Test
    void inABrokenVaultNoTextOfItsDatabaseIsLost() {
        longLivedToken();
        acquire(source("database/creds/long"));
        vault.setMode(VaultDouble.Mode.BROKEN);

        assertThat(failure(source("database/creds/app"))).contains("500");
    }

    // Giving back.

    @Test
    void leaseThatNobodyUsesIsGivenBackAndAskedForAgain() {
        world(Duration.ofHours(1), Duration.ZERO, VaultSettings.DEFAULTS.withIdleAfter(Duration.ofSeconds(90)));
        CredentialSource source = source("database/creds/app");
        source.release(acquire(source));

        tasks.advance(Duration.ofMinutes(3));

        assertThat(roles.names()).isEmpty();
        assertThat(vault.aliveLeases()).isZero();
        assertThat(source.status().state()).isEqualTo(CredentialStatus.State.IDLE);
        vault.forgetRequests();
        tasks.advance(Duration.ofMinutes(10));
        assertThat(vault.requests("creds")).isZero();
        assertThat(acquire(source).generation()).isGreaterThan(1);
    }

    @Test
    void closingLeavesNoRoleAndNoToken() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        CredentialSource sharing = source("database/creds/app");
        Traffic traffic = traffic(source, 5, SHORT);
        traffic.run(Duration.ofSeconds(50));

        traffic.closeAll();
        source.close();
        tasks.settle();
        assertThat(roles.names()).isNotEmpty();
        sharing.close();
        tasks.settle();
        vaults.close();

        assertThat(roles.names()).isEmpty();
        assertThat(vault.aliveLeases()).isZero();
        assertThat(vault.requests("revoke-self")).isEqualTo(1);
    }

    @Test
    void closedSourceWaitsForItsHoldersBeforeItRevokes() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");
        Credential held = acquire(source);

        source.close();
        tasks.advance(Duration.ofSeconds(45));
        assertThat(roles.names()).contains(held.user());

        source.release(held);
        tasks.settle();
        assertThat(roles.names()).isEmpty();
    }

    // The bound.

    @Test
    void manyRoutesStartWithinTheBoundAndIdleOnesHoldNoLease() {
        world(
                Duration.ofHours(1),
                Duration.ZERO,
                VaultSettings.DEFAULTS.withBound(10, 10).withIdleAfter(Duration.ofSeconds(60)));
        List<CompletableFuture<Credential>> stages = new ArrayList<>();
        List<CredentialSource> sources = new ArrayList<>();
        for (int i = 0; i < 170; i++) {
            String role = "tenant-" + i;
            vault.putRole(role, roles, Duration.ofMinutes(10), Duration.ofHours(1));
            vault.logins("")
                    .putAppRole(
                            "t" + i,
                            DoubleTokens.Rules.of(
                                    Duration.ofHours(1), Duration.ZERO, "database/*", "sys/leases/revoke"),
                            "r",
                            "s",
                            0);
        }
        vaults.identity(
                "main",
                "all",
                VaultLogins.appRole("approle", SecretText.of(Secret.ofText("r")), SecretText.of(Secret.ofText("s"))));
        vault.logins("")
                .putAppRole(
                        "all",
                        DoubleTokens.Rules.of(Duration.ofHours(1), Duration.ZERO, "database/*", "sys/leases/revoke"),
                        "r",
                        "s",
                        0);
        for (int i = 0; i < 170; i++) {
            CredentialSource source = vaults.source("main", "all", VaultPath.of("database/creds/tenant-" + i));
            sources.add(source);
            stages.add(source.acquire().toCompletableFuture());
        }

        int most = 0;
        for (int second = 0; second < 20; second++) {
            int before = client.sent();
            tasks.advance(Duration.ofSeconds(1));
            most = Math.max(most, client.sent() - before);
        }

        assertThat(stages).allMatch(s -> s.isDone() && !s.isCompletedExceptionally());
        assertThat(most).isLessThanOrEqualTo(21);
        for (int i = 0; i < 170; i++) {
            sources.get(i).release(stages.get(i).join());
        }
        tasks.advance(Duration.ofMinutes(4));
        assertThat(vault.aliveLeases()).isZero();
    }

    // Secrets.

    @Test
    void nothingThatPrintsHoldsAPassword() {
        longLivedToken();
        CredentialSource source = source("database/creds/app");

        Credential credential = acquire(source);

        String password = credential.secret().reveal();
        assertThat(credential.toString()).doesNotContain(password);
        assertThat(source.status().toString()).doesNotContain(password);
    }
}

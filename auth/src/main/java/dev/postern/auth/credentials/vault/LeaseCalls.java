package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** The three calls around a lease: issue, renew, revoke; each settles a 403 by asking about the token. Blocks. */
final class LeaseCalls {
    /** Long enough that every max TTL shows, short enough for the default system maximum of 32 days. */
    private static final Duration BEYOND_ANY_MAX_TTL = Duration.ofDays(30);

    /** Granted less than this share of what was asked: the lease's end is near. */
    private static final double CAPPED = 0.9;

    /** What a request for credentials brought. */
    sealed interface Issued {
        record Lease(
                String user,
                Secret password,
                String leaseId,
                Duration ttl,
                boolean renewable,
                Instant sent,
                HeldToken token)
                implements Issued {
            /** How long it can last as it was issued: no lease outlives its token. */
            Duration life() {
                Instant tokenEnds = token.expires();
                boolean tokenFirst = tokenEnds.isBefore(sent.plus(ttl));
                return tokenFirst ? Duration.between(sent, tokenEnds) : ttl;
            }
        }

        record NoLease(VaultAnswer why) implements Issued {}
    }

    /** What a renewal brought. */
    sealed interface Renewed {
        /**
         * @param expires the lease's new end
         * @param lastPossible the end that no renewal can pass, {@link Instant#MAX} where it did not show
         * @param capped less was granted than the lease's own time
         */
        record Extended(Instant expires, Instant lastPossible, boolean capped) implements Renewed {}

        record NotExtended(VaultAnswer why) implements Renewed {}
    }

    private final TokenKeeper tokens;
    private final VaultConnection connection;
    private final BackgroundTasks tasks;
    private final String path;

    LeaseCalls(TokenKeeper tokens, String path, BackgroundTasks tasks) {
        this.tokens = tokens;
        this.connection = tokens.connection();
        this.path = path;
        this.tasks = tasks;
    }

    Issued issue() {
        for (int attempt = 0; ; attempt++) {
            switch (tokens.token()) {
                case TokenKeeper.Answer.None none -> {
                    return new Issued.NoLease(none.why());
                }
                case TokenKeeper.Answer.Live live -> {
                    Instant sent = tasks.now();
                    VaultAnswer answer =
                            connection.send(VaultRequest.read(path, live.token().secret()));
                    boolean tokenDied = answer instanceof VaultAnswer.Denied
                            && attempt == 0
                            && tokens.settle(live.token()) == TokenKeeper.Verdict.DEAD;
                    if (!tokenDied) {
                        return issued(answer, sent, live.token());
                    }
                }
            }
        }
    }

    private static Issued issued(VaultAnswer answer, Instant sent, HeldToken token) {
        if (!(answer instanceof VaultAnswer.Ok ok)) {
            return new Issued.NoLease(answer);
        }
        JsonObject body = ok.body();
        String user = ok.data().text("username");
        Optional<Secret> password = ok.data().secret("password");
        long seconds = body.number("lease_duration").orElse(0);
        if (body.text("lease_id").isEmpty() || seconds <= 0) {
            return new Issued.NoLease(new VaultAnswer.Failed(
                    200, "the answer holds no lease: this path is no dynamic role (declare its kind)"));
        }
        if (user.isEmpty() || password.isEmpty()) {
            return new Issued.NoLease(new VaultAnswer.Failed(
                    200,
                    "the answer holds no username and password, but "
                            + ok.data().names()));
        }
        return new Issued.Lease(
                user,
                password.get(),
                body.text("lease_id"),
                Duration.ofSeconds(seconds),
                body.isTrue("renewable"),
                sent,
                token);
    }

    /** Asks for the lease's own time again. */
    Renewed renew(String leaseId, Duration ttl) {
        return renew(leaseId, ttl, Instant.MAX);
    }

    /**
     * Asks for far more than any role allows, which shows the lease's last possible end, and then for its own time
     * again, so that a gateway that dies leaves the role no longer than before.
     */
    Renewed renewAndLearnEnd(String leaseId, Duration ttl) {
        Renewed far = renew(leaseId, BEYOND_ANY_MAX_TTL, Instant.MAX);
        if (!(far instanceof Renewed.Extended shown)) {
            return far;
        }
        Duration left = Duration.between(tasks.now(), shown.expires());
        boolean unlimited = left.compareTo(BEYOND_ANY_MAX_TTL.minusMinutes(1)) > 0;
        Instant lastPossible = unlimited ? Instant.MAX : shown.expires();
        if (left.compareTo(ttl) <= 0) {
            return new Renewed.Extended(shown.expires(), lastPossible, true);
        }
        connection.charge();
        Renewed near = renew(leaseId, ttl, lastPossible);
        return near instanceof Renewed.Extended ? near : new Renewed.Extended(shown.expires(), lastPossible, false);
    }

    private Renewed renew(String leaseId, Duration increment, Instant lastPossible) {
        Instant sent = tasks.now();
        VaultAnswer answer = write("sys/leases/renew", Map.of("lease_id", leaseId, "increment", increment.toSeconds()));
        if (!(answer instanceof VaultAnswer.Ok ok)) {
            return new Renewed.NotExtended(answer);
        }
        long granted = ok.body().number("lease_duration").orElse(0);
        return new Renewed.Extended(sent.plusSeconds(granted), lastPossible, granted < increment.toSeconds() * CAPPED);
    }

    /** {@link VaultAnswer.Ok} also where the lease was over already. */
    VaultAnswer revoke(String leaseId) {
        return write("sys/leases/revoke", Map.of("lease_id", leaseId));
    }

    /** Any token with the policy may renew and revoke, so the youngest does it, not the one that issued. */
    private VaultAnswer write(String operation, Map<String, ?> body) {
        return switch (tokens.token()) {
            case TokenKeeper.Answer.None none -> none.why();
            case TokenKeeper.Answer.Live live -> {
                VaultAnswer answer = connection.send(
                        VaultRequest.write(operation, live.token().secret(), body));
                if (answer instanceof VaultAnswer.Denied) {
                    tokens.settle(live.token());
                }
                yield answer;
            }
        };
    }
}

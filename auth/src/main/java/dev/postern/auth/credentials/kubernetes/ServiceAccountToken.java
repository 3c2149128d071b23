package dev.postern.auth.credentials.kubernetes;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.BackgroundTasks;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import dev.postern.auth.credentials.vault.SecretText;
import dev.postern.auth.kubernetes.api.ApiFailure;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A token of a ServiceAccount that is not the gateway's own: authentication.k8s.io/v1 TokenRequest. It is kept until 80 % of its
 * life are over, which is when kubelet replaces those of pods, and belongs to whoever holds this object alone. Blocks.
 */
public final class ServiceAccountToken implements SecretText {
    /** What kubelet asks for unless a pod says otherwise; the cluster may give less or more. */
    private static final Duration LIFE = Duration.ofHours(1);

    private static final double USED_UP = 0.8;

    private final ApiServer api;
    private final ObjectName account;
    private final List<String> audiences;
    private final BackgroundTasks tasks;
    private final InstantSource clock;

    // Guarded by this.
    private Optional<Held> held = Optional.empty();

    /** @param askAgain on the clock of the tasks: the wall clock may be set */
    private record Held(Secret token, Instant askAgain) {}

    /** @param audiences who the token is meant for: not the API server, or Vault could act as the account there */
    public ServiceAccountToken(
            ApiServer api, String namespace, String name, List<String> audiences, BackgroundTasks tasks) {
        this(api, new ObjectName("serviceaccounts", namespace, name), audiences, tasks, InstantSource.system());
    }

    ServiceAccountToken(
            ApiServer api, ObjectName account, List<String> audiences, BackgroundTasks tasks, InstantSource clock) {
        if (audiences.isEmpty()) {
            throw new IllegalArgumentException("no audience: the token would be good at the API server");
        }
        this.api = api;
        this.account = account;
        this.audiences = List.copyOf(audiences);
        this.tasks = tasks;
        this.clock = clock;
    }

    /** A copy of its own for each caller. */
    @Override
    public synchronized Secret get() throws CredentialUnavailable {
        if (held.isEmpty() || !tasks.now().isBefore(held.get().askAgain())) {
            Held fresh = ask();
            held.ifPresent(old -> old.token().wipe());
            held = Optional.of(fresh);
        }
        return Secret.ofBytes(held.get().token().copy());
    }

    /** The account may have been made anew, and its old tokens with it be void. */
    @Override
    public synchronized void refused() {
        held.ifPresent(old -> old.token().wipe());
        held = Optional.empty();
    }

    private Held ask() throws CredentialUnavailable {
        byte[] body = Json.write(Map.of(
                "apiVersion",
                "authentication.k8s.io/v1",
                "kind",
                "TokenRequest",
                "spec",
                Map.of("audiences", audiences, "expirationSeconds", LIFE.toSeconds())));
        try {
            JsonObject status = api.createToken(account, body).object("status");
            Secret token = status.secret("token")
                    .filter(text -> text.length() > 0)
                    .orElseThrow(() -> new CredentialUnavailable(
                            "serviceaccount " + account + ": the answer to TokenRequest holds no token"));
            return new Held(token, tasks.now().plus(use(status.text("expirationTimestamp"))));
        } catch (ApiFailure e) {
            throw new CredentialUnavailable(
                    "TokenRequest for serviceaccount " + account + ": " + e.getMessage()
                            + (e.status() == 403
                                    ? " (the gateway's ServiceAccount may not create serviceaccounts/token there)"
                                    : ""),
                    e);
        }
    }

    /** The life as the cluster gave it; without a time that makes sense, that which was asked for, as it would be from then on. */
    private Duration use(String expires) {
        Duration life;
        try {
            life = Duration.between(clock.instant(), Instant.parse(expires));
        } catch (DateTimeParseException e) {
            life = LIFE;
        }
        return Duration.ofMillis((long) (Math.max(0, life.toMillis()) * USED_UP));
    }
}

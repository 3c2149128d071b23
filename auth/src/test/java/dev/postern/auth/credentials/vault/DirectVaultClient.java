package dev.postern.auth.credentials.vault;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.json.Json;
import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Speaks to a {@link VaultDouble} without a network, through the same reading of answers as the real client. */
final class DirectVaultClient implements VaultClient {
    private final VaultDouble vault;
    private int sent;

    DirectVaultClient(VaultDouble vault) {
        this.vault = vault;
    }

    int sent() {
        return sent;
    }

    @Override
    public VaultAnswer send(VaultRequest request) {
        sent++;
        if (vault.mode() == VaultDouble.Mode.STOPPED) {
            return new VaultAnswer.Away("connection refused");
        }
        Map<String, String> headers = new HashMap<>();
        request.token().ifPresent(t -> headers.put("x-vault-token", t.reveal()));
        String[] target = request.path().split("\\?", 2);
        JsonObject body = request.body()
                .map(b -> {
                    try {
                        return Json.parse(Json.write(b));
                    } catch (Json.MalformedJson e) {
                        throw new IllegalStateException(e);
                    }
                })
                .orElse(JsonObject.EMPTY);
        DoubleAnswer answer = vault.handle(new DoubleRequest(
                request.body().isPresent() ? "POST" : "GET",
                target[0],
                VaultDoubleServer.query(target.length > 1 ? target[1] : null),
                headers,
                body,
                ""));
        if (answer.status() == 307) {
            return new VaultAnswer.Away("no active node");
        }
        byte[] bytes = answer.body() == null ? new byte[0] : Json.write(answer.body());
        return VaultAnswers.of(answer.status(), bytes, request.secretNames(), Duration.ZERO);
    }

    static Secret text(String text) {
        return Secret.ofText(text);
    }

    @Override
    public String address() {
        return "double";
    }

    @Override
    public void close() {}
}

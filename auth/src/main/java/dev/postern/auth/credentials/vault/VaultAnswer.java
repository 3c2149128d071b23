package dev.postern.auth.credentials.vault;

import dev.postern.auth.credentials.json.JsonObject;
import java.time.Duration;

/** What became of a request. The reasons are for the operator: a database's errors in them name its admin user. */
public sealed interface VaultAnswer {
    /** 200 with a body, or 204 with none. */
    record Ok(JsonObject body) implements VaultAnswer {
        JsonObject data() {
            return body.object("data");
        }
    }

    /** 403: a dead token or a policy; only lookup-self tells which. */
    record Denied(String reason) implements VaultAnswer {}

    /** 400, 404, 405 and their like: asking again the same way gives the same answer. The body may hold a warning that helps. */
    record Refused(int status, String reason, JsonObject body) implements VaultAnswer {}

    /** 412, 429: this server, but not now. Zero: it named no time. */
    record Busy(String reason, Duration retryAfter) implements VaultAnswer {}

    /** 500 and its like: the server is there, but what is behind it failed. */
    record Failed(int status, String reason) implements VaultAnswer {}

    /** Nobody could answer: no connection, no answer in time, sealed, no active node. */
    record Away(String reason) implements VaultAnswer {}

    /** For logs and status; empty where all is well. */
    default String problem() {
        return switch (this) {
            case Ok ok -> "";
            case Denied denied -> "403 " + denied.reason();
            case Refused refused -> refused.status() + " " + refused.reason();
            case Busy busy -> "busy: " + busy.reason();
            case Failed failed -> failed.status() + " " + failed.reason();
            case Away away -> "away: " + away.reason();
        };
    }
}

package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the server tells of itself. */
final class DoubleSys {
    private DoubleSys() {}

    /** The paths that need no token and work in every mode. */
    static @Nullable DoubleAnswer unauthenticated(
            DoubleRequest request, VaultDouble.Mode mode, boolean clustered, Instant now) {
        boolean sealed = mode == VaultDouble.Mode.SEALED;
        boolean standby = mode == VaultDouble.Mode.NO_LEADER;
        return switch (request.path()) {
            case "sys/health" -> health(request, sealed, standby, now);
            case "sys/seal-status" -> DoubleAnswer.json(200, sealStatus(sealed));
            case "sys/unseal" -> DoubleAnswer.json(200, sealStatus(false));
            case "sys/init" ->
                DoubleAnswer.json(
                        200,
                        map("keys", java.util.List.of(), "keys_base64", java.util.List.of(), "root_token", "s.root"));
            case "sys/leader" -> leader(clustered);
            default -> null;
        };
    }

    private static DoubleAnswer health(DoubleRequest request, boolean sealed, boolean standby, Instant now) {
        boolean standbyOk = "true".equals(request.query().get("standbyok"));
        int status = sealed ? 503 : standby && !standbyOk ? 429 : 200;
        if (request.method().equals("HEAD")) {
            return new DoubleAnswer(status, Map.of(), null);
        }
        Map<String, @Nullable Object> body = map(
                "initialized",
                true,
                "sealed",
                sealed,
                "standby",
                sealed || standby,
                "performance_standby",
                false,
                "replication_performance_mode",
                sealed ? "unknown" : "disabled",
                "replication_dr_mode",
                sealed ? "unknown" : "disabled",
                "server_time_utc",
                now.getEpochSecond(),
                "version",
                "2.5.5");
        if (!sealed) {
            body.put("cluster_name", "vault-cluster-double");
            body.put("cluster_id", "cc8ba555-0000-0000-0000-000000000000");
        }
        return DoubleAnswer.json(status, body);
    }

    private static Map<String, @Nullable Object> sealStatus(boolean sealed) {
        Map<String, @Nullable Object> body = map(
                "type",
                "shamir",
                "initialized",
                true,
                "sealed",
                sealed,
                "t",
                1L,
                "n",
                1L,
                "progress",
                0L,
                "nonce",
                "",
                "version",
                "2.5.5",
                "build_date",
                "",
                "migration",
                false);
        if (!sealed) {
            body.put("cluster_name", "vault-cluster-double");
            body.put("cluster_id", "cc8ba555-0000-0000-0000-000000000000");
        }
        body.put("recovery_seal", false);
        body.put("storage_type", "file");
        return body;
    }

    static DoubleAnswer leader(boolean clustered) {
        Map<String, @Nullable Object> body = map(
                "ha_enabled", clustered,
                "is_self", false,
                "active_time", "0001-01-01T00:00:00Z",
                "leader_address", "",
                "leader_cluster_address", "");
        if (clustered) {
            body.put("raft_committed_index", 1L);
            body.put("raft_applied_index", 1L);
        }
        return DoubleAnswer.json(200, body);
    }

    static DoubleAnswer newNamespace(String path) {
        return DoubleAnswer.data(map(
                "custom_metadata",
                map(),
                "id",
                "ESO5sw",
                "locked",
                false,
                "path",
                path.substring("sys/namespaces/".length()) + "/",
                "tainted",
                false,
                "uuid",
                "f3fe6ce6-085c-fce8-30f4-4856b4eda550"));
    }
}

package dev.postern.auth.credentials.kubernetes;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.CredentialUnavailable;
import dev.postern.auth.credentials.LineEnd;
import dev.postern.auth.credentials.json.JsonObject;
import dev.postern.auth.kubernetes.api.ApiFailure;
import dev.postern.auth.kubernetes.api.ApiServer;
import dev.postern.auth.kubernetes.api.ObjectName;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Some of the values of one version of a Secret.
 *
 * @param version the object's resourceVersion
 * @param values by key, the receiver's own
 */
record SecretValues(String version, Map<String, Secret> values) {
    Secret value(String key) {
        return Objects.requireNonNull(values.get(key), key);
    }

    /** Asks the API server; what else the Secret holds is wiped. Blocks. */
    static SecretValues read(ApiServer api, ObjectName secret, List<String> keys) throws CredentialUnavailable {
        JsonObject object;
        try {
            object = api.get(secret);
        } catch (ApiFailure e) {
            throw new CredentialUnavailable(
                    e.status() == 404 ? "it does not exist" : String.valueOf(e.getMessage()), e);
        }
        try {
            JsonObject data = object.object("data");
            Map<String, Secret> values = new LinkedHashMap<>();
            for (String key : keys) {
                values.put(key, value(data, key));
            }
            return new SecretValues(object.object("metadata").text("resourceVersion"), values);
        } finally {
            object.wipe();
        }
    }

    /** What PostgreSQL can take; a line end at its end is not part of it, as with files. */
    private static Secret value(JsonObject data, String key) throws CredentialUnavailable {
        Optional<Secret> encoded = data.secret(key);
        if (encoded.isEmpty()) {
            throw new CredentialUnavailable("it has no key " + key + " (its keys: "
                    + (data.isEmpty() ? "none" : String.join(", ", data.names())) + ")");
        }
        byte[] base64 = encoded.get().copy();
        byte[] bytes = new byte[0];
        try {
            bytes = Base64.getDecoder().decode(base64);
            int end = LineEnd.before(bytes);
            if (end == 0) {
                throw new CredentialUnavailable("its key " + key + " is empty");
            }
            for (int i = 0; i < end; i++) {
                if (bytes[i] == 0) {
                    throw new CredentialUnavailable("its key " + key + " holds a zero byte");
                }
            }
            return Secret.ofBytes(Arrays.copyOf(bytes, end));
        } catch (IllegalArgumentException e) {
            throw new CredentialUnavailable("its key " + key + " is no base64"); // the cause quotes a character of it
        } finally {
            Arrays.fill(base64, (byte) 0);
            Arrays.fill(bytes, (byte) 0);
        }
    }
}

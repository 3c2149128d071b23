package dev.postern.auth.credentials.vault;

import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Status, headers and body in the shapes that were recorded. */
record DoubleAnswer(
        int status, Map<String, String> headers, @Nullable Map<String, @Nullable Object> body) {
    static final DoubleAnswer NO_CONTENT = new DoubleAnswer(204, Map.of(), null);

    static DoubleAnswer json(int status, Map<String, @Nullable Object> body) {
        return new DoubleAnswer(status, Map.of(), body);
    }

    static DoubleAnswer error(int status, String... errors) {
        return json(status, map("errors", Arrays.asList(errors)));
    }

    /** Vault wraps what a plugin refused into this text. */
    static DoubleAnswer wrappedError(int status, String error) {
        return error(status, "1 error occurred:\n\t* " + error + "\n\n");
    }

    static DoubleAnswer data(@Nullable Map<String, @Nullable Object> data) {
        return json(200, envelope("", false, 0, data, List.of(), null, null));
    }

    static DoubleAnswer lease(
            String leaseId, long seconds, @Nullable Map<String, @Nullable Object> data, List<String> warnings) {
        return json(200, envelope(leaseId, true, seconds, data, warnings, null, null));
    }

    static DoubleAnswer auth(Map<String, @Nullable Object> auth, List<String> warnings) {
        return json(200, envelope("", false, 0, null, warnings, auth, null));
    }

    static Map<String, @Nullable Object> envelope(
            String leaseId,
            boolean renewable,
            long seconds,
            @Nullable Map<String, @Nullable Object> data,
            List<String> warnings,
            @Nullable Map<String, @Nullable Object> auth,
            @Nullable Map<String, @Nullable Object> wrapInfo) {
        return map(
                "request_id", UUID.randomUUID().toString(),
                "lease_id", leaseId,
                "renewable", renewable,
                "lease_duration", seconds,
                "data", data,
                "wrap_info", wrapInfo,
                "warnings", warnings.isEmpty() ? null : warnings,
                "auth", auth);
    }

    DoubleAnswer withHeader(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new DoubleAnswer(status, more, body);
    }

    /** Names and values in turn; values may be null. */
    static Map<String, @Nullable Object> map(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return map;
    }

    static String time(Instant instant) {
        return instant.toString();
    }
}

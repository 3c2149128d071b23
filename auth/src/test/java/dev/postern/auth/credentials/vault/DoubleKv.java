package dev.postern.auth.credentials.vault;

import static dev.postern.auth.credentials.vault.DoubleAnswer.map;

import dev.postern.auth.credentials.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A key/value mount of version 1 or 2. */
final class DoubleKv {
    private static final class Version {
        final Map<String, @Nullable Object> data;
        final Instant created;

        @Nullable
        Instant deleted;

        Version(Map<String, @Nullable Object> data, Instant created) {
            this.data = data;
            this.created = created;
        }
    }

    private final int engineVersion;
    private final Supplier<Instant> clock;
    private final Map<String, List<Version>> entries = new TreeMap<>();

    DoubleKv(int engineVersion, Supplier<Instant> clock) {
        this.engineVersion = engineVersion;
        this.clock = clock;
    }

    void put(String path, Map<String, @Nullable Object> data) {
        entries.computeIfAbsent(path, p -> new ArrayList<>()).add(new Version(data, clock.get()));
    }

    DoubleAnswer handle(String path, DoubleRequest request) {
        if (engineVersion == 1) {
            return request.isList() ? list(path) : readVersion1(path);
        }
        if (path.startsWith("metadata/")) {
            String key = path.substring("metadata/".length());
            return request.isList() ? list(key) : metadata(key);
        }
        if (!path.startsWith("data/")) {
            return DoubleAnswer.json(
                    404,
                    DoubleAnswer.envelope(
                            "",
                            false,
                            0,
                            null,
                            List.of("Invalid path for a versioned K/V secrets engine. See the API docs for the"
                                    + " appropriate API endpoints to use."),
                            null,
                            null));
        }
        String key = path.substring("data/".length());
        if (request.isWrite()) {
            return write(key, request);
        }
        return request.method().equals("DELETE") ? delete(key) : read(key, request.query());
    }

    private DoubleAnswer readVersion1(String path) {
        List<Version> versions = entries.get(path);
        return versions == null ? DoubleAnswer.error(404) : DoubleAnswer.data(versions.getLast().data);
    }

    private DoubleAnswer read(String key, Map<String, String> query) {
        List<Version> versions = entries.getOrDefault(key, List.of());
        int number = Integer.parseInt(query.getOrDefault("version", String.valueOf(versions.size())));
        if (number < 1 || number > versions.size()) {
            return DoubleAnswer.error(404);
        }
        Version version = versions.get(number - 1);
        Map<String, @Nullable Object> data =
                map("data", version.deleted == null ? version.data : null, "metadata", describe(version, number));
        return DoubleAnswer.json(
                version.deleted == null ? 200 : 404, DoubleAnswer.envelope("", false, 0, data, List.of(), null, null));
    }

    private static Map<String, @Nullable Object> describe(Version version, int number) {
        return map(
                "created_time",
                DoubleAnswer.time(version.created),
                "custom_metadata",
                null,
                "deletion_time",
                version.deleted == null ? "" : DoubleAnswer.time(version.deleted),
                "destroyed",
                false,
                "version",
                number);
    }

    private DoubleAnswer write(String key, DoubleRequest request) {
        int current = entries.getOrDefault(key, List.of()).size();
        var cas = request.body().object("options").number("cas");
        if (cas.isPresent() && cas.getAsLong() != current) {
            return DoubleAnswer.error(400, "check-and-set parameter did not match the current version");
        }
        JsonObject data = request.body().object("data");
        put(key, data.toMap());
        List<Version> versions = entries.getOrDefault(key, List.of());
        return DoubleAnswer.data(describe(versions.getLast(), versions.size()));
    }

    private DoubleAnswer delete(String key) {
        List<Version> versions = entries.get(key);
        if (versions != null) {
            versions.getLast().deleted = clock.get();
        }
        return DoubleAnswer.NO_CONTENT;
    }

    private DoubleAnswer metadata(String key) {
        List<Version> versions = entries.get(key);
        if (versions == null) {
            return DoubleAnswer.error(404);
        }
        Map<String, @Nullable Object> numbered = map();
        for (int i = 0; i < versions.size(); i++) {
            numbered.put(
                    String.valueOf(i + 1),
                    map(
                            "created_time",
                            DoubleAnswer.time(versions.get(i).created),
                            "deletion_time",
                            "",
                            "destroyed",
                            false));
        }
        return DoubleAnswer.data(map(
                "cas_required",
                false,
                "created_time",
                DoubleAnswer.time(versions.getFirst().created),
                "current_metadata_version",
                0L,
                "current_version",
                (long) versions.size(),
                "custom_metadata",
                null,
                "delete_version_after",
                "0s",
                "max_versions",
                0L,
                "metadata_cas_required",
                false,
                "oldest_version",
                0L,
                "updated_time",
                DoubleAnswer.time(versions.getLast().created),
                "versions",
                numbered));
    }

    private DoubleAnswer list(String folder) {
        String prefix = folder.endsWith("/") ? folder : folder + "/";
        List<String> keys = entries.keySet().stream()
                .filter(k -> k.startsWith(prefix))
                .map(k -> k.substring(prefix.length()))
                .toList();
        return keys.isEmpty() ? DoubleAnswer.error(404) : DoubleAnswer.data(map("keys", keys));
    }
}

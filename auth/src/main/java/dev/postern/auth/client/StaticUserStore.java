package dev.postern.auth.client;

import dev.postern.auth.Secret;
import dev.postern.auth.password.Fingerprints;
import dev.postern.auth.password.Fingerprints.Fingerprint;
import dev.postern.auth.password.Md5Hash;
import dev.postern.auth.password.ScramVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The users a route names itself. Each text is what {@code ALTER ROLE ... PASSWORD} would take: a SCRAM verifier, an md5 hash,
 * or a password, which is made into a verifier once and then forgotten.
 */
public final class StaticUserStore implements UserStore {
    /** Far more than any password or verifier; a wrong path to a large file is not read. */
    private static final long MAX_FILE_BYTES = 16 * 1024;

    private final Map<String, PasswordSource> sources;
    private final int iterations;
    private final boolean md5;
    private final Function<String, byte[]> salts;
    private final Fingerprints fingerprints = new Fingerprints();
    private volatile Map<String, Known> users = Map.of();

    private record Known(Fingerprint fingerprint, StoredPassword password) {}

    /**
     * Knows nobody before the first {@link #reload()}.
     *
     * @param iterations PBKDF2 rounds of verifiers made here from passwords
     * @param md5 whether an md5 hash is made too, for a route that asks for md5
     */
    public StaticUserStore(Map<String, PasswordSource> sources, int iterations, boolean md5) {
        this(sources, iterations, md5, user -> ScramVerifier.newSalt());
    }

    /** @param salts for verifiers made here: one that changed at a reload would tell who is no made-up user */
    public StaticUserStore(
            Map<String, PasswordSource> sources, int iterations, boolean md5, Function<String, byte[]> salts) {
        this.sources = Map.copyOf(sources);
        this.iterations = iterations;
        this.md5 = md5;
        this.salts = salts;
    }

    /**
     * Reads every source again. Blocks, and runs PBKDF2 for each password that is new: not for an event loop.
     *
     * @return what is wrong, one sentence each; a user with a problem keeps what was last known good
     */
    public synchronized List<String> reload() {
        List<String> problems = new ArrayList<>();
        Map<String, Known> next = new HashMap<>();
        Map<String, Known> before = users;
        sources.forEach((user, source) -> {
            Optional<Known> known = Optional.ofNullable(before.get(user));
            try (Secret text = read(source)) {
                Fingerprint fingerprint = fingerprints.of(text);
                boolean same = known.isPresent() && known.get().fingerprint().equals(fingerprint);
                next.put(user, same ? known.get() : new Known(fingerprint, parse(user, text)));
            } catch (IOException | IllegalArgumentException e) {
                problems.add("user \"" + user + "\": " + e.getMessage());
                known.ifPresent(k -> next.put(user, k));
            }
        });
        users = Map.copyOf(next);
        return problems;
    }

    /** As most of them. */
    @Override
    public boolean keepsMd5() {
        Map<String, Known> now = users;
        return now.values().stream()
                        .filter(known -> known.password().md5().isPresent())
                        .count()
                > now.size() / 2;
    }

    @Override
    public Lookup find(String user) {
        Known known = users.get(user);
        return known == null ? new Lookup.Unknown() : new Lookup.Found(known.password());
    }

    private StoredPassword parse(String user, Secret text) {
        if (text.length() == 0) {
            throw new IllegalArgumentException("the password is empty");
        }
        String revealed = text.reveal();
        if (ScramVerifier.looksLike(revealed)) {
            return StoredPassword.of(ScramVerifier.parse(revealed)
                    .orElseThrow(() -> new IllegalArgumentException("malformed SCRAM verifier"
                            + " (expected: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>)")));
        }
        Optional<Md5Hash> hash = Md5Hash.parse(revealed);
        if (hash.isPresent()) {
            return StoredPassword.of(hash.get());
        }
        return new StoredPassword(
                Optional.of(ScramVerifier.derive(text, salts.apply(user), iterations)),
                md5 ? Optional.of(Md5Hash.of(text, user)) : Optional.empty(),
                StoredPassword.FOREVER);
    }

    private static Secret read(PasswordSource source) throws IOException {
        return switch (source) {
            case PasswordSource.Inline(Secret text) -> Secret.ofBytes(text.copy());
            case PasswordSource.FromFile(Path file) -> readFile(file);
        };
    }

    private static Secret readFile(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("cannot read " + file);
        }
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new IOException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
        }
        byte[] content = Files.readAllBytes(file);
        int end = content.length;
        while (end > 0 && (content[end - 1] == '\n' || content[end - 1] == '\r')) {
            end--;
        }
        Secret text = Secret.ofBytes(Arrays.copyOf(content, end));
        Arrays.fill(content, (byte) 0);
        return text;
    }
}

package dev.postern.auth.jwt;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Key sets by their source, for all routes. A set is read anew in the background after ten minutes, and when a token names a
 * key that is not in it, at a limited rate; while its source is away the last one serves for a day.
 */
public final class JwksCache {
    private static final Duration REFRESH = Duration.ofMinutes(10);
    private static final Duration KEEP = Duration.ofHours(24);
    private static final Duration AGAIN = Duration.ofSeconds(30);
    private static final int MAXIMUM_SIZE = 1000;

    private final JwksReader reader;
    private final LoadingCache<JwksSource, JWKSet> sets;
    /** Sources that were read again a short while ago because of an unknown key. */
    private final Cache<JwksSource, Boolean> again;

    /** @param background where refreshes run: virtual threads */
    public JwksCache(JwksReader reader, Executor background) {
        this(reader, background, Ticker.systemTicker());
    }

    JwksCache(JwksReader reader, Executor background, Ticker ticker) {
        this.reader = reader;
        this.sets = Caffeine.newBuilder()
                .maximumSize(MAXIMUM_SIZE)
                .refreshAfterWrite(REFRESH)
                .expireAfterWrite(KEEP)
                .ticker(ticker)
                .executor(background)
                .build(this::load);
        this.again = Caffeine.newBuilder()
                .maximumSize(MAXIMUM_SIZE)
                .expireAfterWrite(AGAIN)
                .ticker(ticker)
                .build();
    }

    /** Blocks on the first use. */
    JWKSet get(JwksSource source) throws IOException {
        try {
            return sets.get(source);
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException("reading keys failed", e.getCause());
        }
    }

    /** The set read again, or as it was where that was done a short while ago or fails. Blocks. */
    JWKSet getAgain(JwksSource source) throws IOException {
        if (again.asMap().putIfAbsent(source, Boolean.TRUE) == null) {
            try {
                sets.put(source, load(source));
            } catch (IOException away) {
                return get(source);
            }
        }
        return get(source);
    }

    private JWKSet load(JwksSource source) throws IOException {
        try {
            return JWKSet.parse(reader.read(source));
        } catch (ParseException e) {
            throw new IOException("the keys of " + source + " are no JWK set: " + e.getMessage(), e);
        }
    }
}

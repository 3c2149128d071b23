package dev.postern.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.concurrent.EventExecutor;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS of one listener: certificates chosen by server name, swapped as a whole when their files change.
 *
 * <p>{@link #newHandler} is called on event loops and never blocks; {@link #open}, {@link #reload} and {@link #apply}
 * read files and belong on virtual threads. A handshake gets the snapshot that is current when its ClientHello is
 * complete, and keeps it; an old snapshot's native memory goes with its last connection.
 */
public final class ListenerTls implements Reloadable, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ListenerTls.class);

    private final InstantSource clock;
    private final Handshakes handshakes;
    private final ExpiryWatch expiry = new ExpiryWatch();
    private volatile ListenerTlsSettings settings;
    private volatile ListenerContexts current;
    private volatile boolean closed;
    private final Map<EventExecutor, HandshakeTurns> turns = new ConcurrentHashMap<>();
    /** Guarded by this. */
    private TicketKeys ticketKeys;
    /** Guarded by this: the last refusal, so that the same one is not logged at every look. */
    private List<TlsProblem> refused = List.of();

    private ListenerTls(
            ListenerTlsSettings settings,
            TicketKeys ticketKeys,
            ListenerContexts contexts,
            InstantSource clock,
            Handshakes handshakes) {
        this.handshakes = handshakes;
        this.settings = settings;
        this.ticketKeys = ticketKeys;
        this.current = contexts;
        this.clock = clock;
    }

    /**
     * Reads every file and makes the first snapshot. A certificate that has expired is served all the same, with an
     * error in the log: clients that do not look still get in.
     *
     * @throws UnusableTls with everything that is wrong with the files
     * @throws IllegalStateException where the native library is missing
     */
    public static ListenerTls open(ListenerTlsSettings settings) throws UnusableTls {
        return open(settings, new Handshakes());
    }

    /** The same, with handshakes that count together with those of others. */
    public static ListenerTls open(ListenerTlsSettings settings, Handshakes handshakes) throws UnusableTls {
        return open(settings, InstantSource.system(), handshakes);
    }

    static ListenerTls open(ListenerTlsSettings settings, InstantSource clock) throws UnusableTls {
        return open(settings, clock, new Handshakes());
    }

    private static ListenerTls open(ListenerTlsSettings settings, InstantSource clock, Handshakes handshakes)
            throws UnusableTls {
        BoringSsl.ensureAvailable();
        TicketKeys ticketKeys = TicketKeys.random(clock.instant());
        ListenerContexts contexts = ListenerContexts.load(settings, ticketKeys);
        ListenerTls tls = new ListenerTls(settings, ticketKeys, contexts, clock, handshakes);
        tls.warnAbout(contexts);
        return tls;
    }

    /**
     * Everything that is wrong with the files of these settings, for a check of the configuration. Empty where {@link
     * #open} would succeed.
     */
    public static List<TlsProblem> check(ListenerTlsSettings settings) {
        try {
            open(settings).close();
            return List.of();
        } catch (UnusableTls e) {
            return e.problems();
        }
    }

    /**
     * A handler for the front of one client's pipeline. It waits for the ClientHello, then puts an {@link SslHandler} in
     * its place, or refuses. Success and failure are told by a {@link
     * io.netty.handler.ssl.SslHandshakeCompletionEvent}; a client that leaves before, by the channel closing. It has no
     * timeout of its own: the login as a whole has one.
     */
    public ChannelHandler newHandler(Alpn alpn) {
        return new ClientHelloHandler(this, alpn);
    }

    HandshakeTurns turnsOf(EventExecutor loop) {
        return turns.computeIfAbsent(loop, key -> new HandshakeTurns(key, HandshakeThreads.SHARED::isBusy, handshakes));
    }

    Handshakes handshakes() {
        return handshakes;
    }

    SslHandler newSslHandler(ClientHello hello, ByteBufAllocator allocator) {
        while (true) {
            ListenerContexts snapshot = current;
            OwnCertificate certificate = snapshot.choose(hello);
            ReferenceCountedOpenSslContext context = snapshot.contextOf(certificate);
            try {
                context.retain();
            } catch (IllegalReferenceCountException swappedMeanwhile) {
                if (closed) {
                    throw new IllegalStateException("the TLS of this listener is closed", swappedMeanwhile);
                }
                continue;
            }
            try {
                SslHandler handler = snapshot.isCostly(certificate)
                        ? context.newHandler(allocator, HandshakeThreads.SHARED)
                        : context.newHandler(allocator);
                handler.setHandshakeTimeoutMillis(0);
                return handler;
            } finally {
                context.release();
            }
        }
    }

    public ListenerTlsSettings settings() {
        return settings;
    }

    /** The certificates served now, in the order of the settings. */
    public List<CertificateStatus> certificates() {
        return current.certificates().stream().map(OwnCertificate::status).toList();
    }

    @Override
    public List<Path> files() {
        return settings.files();
    }

    /** Reads every file again, and swaps the snapshot where all of them are usable; otherwise the old one stays. */
    @Override
    public ReloadOutcome reload() {
        return apply(settings);
    }

    /** As {@link #reload}, with other settings: the listener keeps its address, its connections and its ticket keys. */
    public synchronized ReloadOutcome apply(ListenerTlsSettings newSettings) {
        if (closed) {
            return new ReloadOutcome.Refused(List.of(new TlsProblem("TLS", "is closed")));
        }
        ListenerContexts fresh;
        try {
            fresh = ListenerContexts.load(newSettings, ticketKeys);
        } catch (UnusableTls e) {
            return refuse(e.problems());
        }
        List<TlsProblem> outOfForce = outOfForce(fresh);
        if (!outOfForce.isEmpty()) {
            fresh.release();
            return refuse(outOfForce);
        }
        ListenerContexts old = current;
        settings = newSettings;
        current = fresh;
        old.release();
        refused = List.of();
        log.atInfo().addKeyValue("certificates", fresh.certificates()).log("tls.reloaded");
        warnAbout(fresh);
        return new ReloadOutcome.Swapped();
    }

    /** An expired certificate is no replacement for another one; but one that expired in use must not block a reload. */
    private List<TlsProblem> outOfForce(ListenerContexts fresh) {
        Set<List<?>> served = new HashSet<>();
        current.certificates().forEach(certificate -> served.add(certificate.chain()));
        Instant now = clock.instant();
        List<TlsProblem> problems = new ArrayList<>();
        for (OwnCertificate certificate : fresh.certificates()) {
            if (!served.contains(certificate.chain())) {
                certificate.outOfForce(now).ifPresent(problems::add);
            }
        }
        return problems;
    }

    private ReloadOutcome refuse(List<TlsProblem> problems) {
        if (!problems.equals(refused)) {
            refused = problems;
            log.atError().addKeyValue("problems", problems).log("tls.reload_refused");
        }
        return new ReloadOutcome.Refused(problems);
    }

    private void warnAbout(ListenerContexts contexts) {
        Instant now = clock.instant();
        for (OwnCertificate certificate : contexts.certificates()) {
            certificate
                    .strangers()
                    .ifPresent(problem ->
                            log.atWarn().addKeyValue("problem", problem).log("tls.certificates_left_out"));
            if (now.isBefore(certificate.status().notBefore())) {
                certificate
                        .outOfForce(now)
                        .ifPresent(problem ->
                                log.atError().addKeyValue("problem", problem).log("tls.certificate_not_yet_valid"));
            }
        }
        maintain(now);
    }

    /** Warns of certificates that end within 14 days, and changes the ticket keys once an hour. */
    @Override
    public synchronized void maintain(Instant now) {
        if (closed) {
            return;
        }
        expiry.check(current.certificates(), now);
        if (ticketKeys.isOld(now)) {
            ticketKeys = ticketKeys.rotated(now);
            current.use(ticketKeys);
        }
    }

    List<ReferenceCountedOpenSslContext> contexts() {
        return current.contexts();
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    /** Gives up the contexts; connections that are open go on. No handler may be made afterwards. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            current.release();
        }
    }
}

package dev.postern.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.IllegalReferenceCountException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS of one listener: certificates chosen by server name, swapped as a whole when their files change.
 *
 * <p>{@link #newHandler} is called on event loops and never blocks; {@link #open} and {@link #reload} read files and
 * belong on virtual threads. A handshake gets the snapshot that is current when its ClientHello is complete, and keeps
 * it; an old snapshot's native memory goes with its last connection.
 */
public final class ListenerTls implements Reloadable, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ListenerTls.class);

    private final ListenerTlsSettings settings;
    private volatile TicketKeys ticketKeys;
    private volatile ListenerContexts current;
    private volatile boolean closed;

    private ListenerTls(ListenerTlsSettings settings, TicketKeys ticketKeys, ListenerContexts contexts) {
        this.settings = settings;
        this.ticketKeys = ticketKeys;
        this.current = contexts;
    }

    /**
     * Reads every file and makes the first snapshot.
     *
     * @throws UnusableTls with everything that is wrong with the files
     * @throws IllegalStateException where the native library is missing
     */
    public static ListenerTls open(ListenerTlsSettings settings) throws UnusableTls {
        BoringSsl.ensureAvailable();
        TicketKeys ticketKeys = TicketKeys.random();
        return new ListenerTls(settings, ticketKeys, ListenerContexts.load(settings, ticketKeys));
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

    List<String> alpnProtocols() {
        return settings.alpnProtocols();
    }

    SslHandler newSslHandler(ClientHello hello, ByteBufAllocator allocator) {
        while (true) {
            ListenerContexts snapshot = current;
            ReferenceCountedOpenSslContext context = snapshot.choose(hello);
            try {
                context.retain();
            } catch (IllegalReferenceCountException swappedMeanwhile) {
                if (closed) {
                    throw new IllegalStateException("this listener's TLS is closed", swappedMeanwhile);
                }
                continue;
            }
            try {
                SslHandler handler = context.newHandler(allocator);
                handler.setHandshakeTimeoutMillis(0);
                return handler;
            } finally {
                context.release();
            }
        }
    }

    @Override
    public List<Path> files() {
        return settings.files();
    }

    /** Reads every file again, and swaps the snapshot where all of them are usable; otherwise the old one stays. */
    @Override
    public synchronized ReloadOutcome reload() {
        if (closed) {
            return new ReloadOutcome.Refused(List.of(new TlsProblem("listener", "is closed")));
        }
        ListenerContexts fresh;
        try {
            fresh = ListenerContexts.load(settings, ticketKeys);
        } catch (UnusableTls e) {
            log.error("event=tls_reload_refused kept=old reason=\"{}\"", e.getMessage());
            return new ReloadOutcome.Refused(e.problems());
        }
        ListenerContexts old = current;
        current = fresh;
        old.release();
        log.info("event=tls_reloaded certificates={}", fresh.certificates());
        return new ReloadOutcome.Swapped();
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

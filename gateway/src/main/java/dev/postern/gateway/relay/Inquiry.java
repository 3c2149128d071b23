package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ErrorResponse;
import io.netty.buffer.ByteBuf;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Asks the server at the end of a transaction what the session has set and holds, if the transaction gave a reason to. One
 * for each link.
 */
public final class Inquiry {
    /** So many settings with a dot in their name are carried for a client. */
    static final int MOST_NAMES = 100;

    private final Link link;
    private final ClientEnd client;
    private final ServerEnd server;
    private final PlainSettings plain;
    /** Something was SET, or {@code set_config} called. */
    private boolean settings;
    /** Something may have been made that stays. */
    private boolean all;

    private boolean loaded;
    private boolean failed;
    /** Settings with a dot in their name that the transaction may have SET. */
    private @Nullable Set<String> names;

    private Set<String> channels = Set.of();
    private @Nullable Set<String> unlistened;

    private Set<Remains> remains = EnumSet.noneOf(Remains.class);

    Inquiry(Link link) {
        this.link = link;
        this.client = link.client();
        this.server = link.server();
        this.plain = new PlainSettings(client, server);
    }

    // ---- reasons

    void sawSet() {
        settings = true;
    }

    /** A SET or RESET whose text said all of it. */
    void ran(SettingStatement statement) {
        if (!plain.ran(statement)) {
            if (statement instanceof SettingStatement.Sets sets) {
                sets.values().keySet().forEach(this::sawName);
            }
            asksInstead();
        }
    }

    private void sawName(String name) {
        if (SessionSettings.isCustom(name) && names().size() < MOST_NAMES) {
            names().add(name);
        }
    }

    private void asksInstead() {
        settings = true;
        plain.takeNames().forEach(this::sawName);
    }

    void sawNames(ByteBuf in, int from, int to) {
        SettingNames.find(in, from, to, names(), MOST_NAMES);
    }

    private Set<String> names() {
        if (names == null) {
            names = new TreeSet<>();
        }
        return names;
    }

    void sawWhatMayStay() {
        all = true;
    }

    void sawLoad() {
        all = true;
        loaded = true;
        server.unclean(true);
    }

    void sawUnlisten(ByteBuf in, int from, int to) {
        if (unlistened == null) {
            unlistened = new HashSet<>();
        }
        Unlisten.find(in, from, to, unlistened);
    }

    /** Or an error: the UNLISTENs before it are undone. */
    void sawRollback() {
        unlistened = null;
        if (!plain.isEmpty()) {
            asksInstead();
        }
    }

    void transactionEnds() {
        if (plain.isEmpty()) {
            return;
        }
        if (settings) {
            asksInstead();
        } else {
            plain.transactionEnds();
        }
    }

    void sessionDiscarded() {
        unlistened = new HashSet<>(Set.of(Unlisten.ALL));
        settings = false;
        plain.takeNames();
    }

    // ---- at the end of a transaction

    /**
     * Begins to ask; {@link ClientEnd#ready} follows. False when there is no reason to. Called when the server is clean.
     */
    public boolean begins() {
        if (!settings && !all && remains.isEmpty()) {
            return false;
        }
        boolean asksForAll = all || !remains.isEmpty();
        settings = false;
        all = false;
        LearnedSession learned = new LearnedSession();
        String query = asksForAll ? LearnedSession.ALL : LearnedSession.SETTINGS;
        String role = server.initially("session_authorization");
        if (role != null) {
            query += LearnedSession.authorization(role);
        }
        Set<String> custom = customNames();
        if (!custom.isEmpty()) {
            query += LearnedSession.custom(custom);
        }
        link.internalQuery(
                LearnedSession.BEGIN + query + LearnedSession.END, learned::add, error -> end(learned, error));
        return true;
    }

    /** Those of the client's, and those that are new. */
    private Set<String> customNames() {
        Set<String> all = names == null ? new TreeSet<>() : names;
        names = null;
        client.settings().addCustomTo(all, MOST_NAMES);
        return all;
    }

    private void end(LearnedSession learned, Optional<ErrorResponse> error) {
        if (error.isPresent()) {
            failed = true;
            server.settingsUnknown();
            server.unclean(false);
            return;
        }
        client.settings(learned.settings().orElse(client.startupSettings()));
        server.settings(learned.settings());
        remains = learned.remains();
        channels = learned.channels();
        if (loaded) {
            remains.add(Remains.LIBRARY);
        }
        if (remains.isEmpty()) {
            server.settingsUnknown(); // a function may have made up settings that nobody knows of
        } else {
            server.unclean(false);
        }
    }

    /** The server could not say what the session holds. */
    public boolean failed() {
        return failed;
    }

    /** What the session held when the server was asked last. */
    public Set<Remains> remains() {
        return remains;
    }

    /** Channels that the server listens to, when it was asked last. */
    public Set<String> channels() {
        return channels;
    }

    /** Channels that the transaction does not want any more, or {@code *}; asked once. */
    public Set<String> takeUnlistened() {
        Set<String> taken = unlistened == null ? Set.of() : unlistened;
        unlistened = null;
        return taken;
    }

    /** The link ends; what was not asked for is not known. */
    void linkEnds() {
        if (settings || !plain.isEmpty()) {
            server.settingsUnknown();
        }
        if (all) {
            server.unclean(false);
        }
    }
}

package dev.postern.gateway.protocol;

import io.netty.buffer.ByteBuf;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts a session.
 *
 * @param version what the client asks for; its minor number may be newer than ours
 * @param parameters in the order they came; where a name came twice the last value counts, as in PostgreSQL. Immutable.
 *     {@code user} is among them and not empty.
 */
public record StartupMessage(ProtocolVersion version, Map<String, String> parameters) implements StartupPacket {
    /** Names with this prefix ask for protocol extensions; none is known here. */
    private static final String PROTOCOL_OPTION_PREFIX = "_pq_.";

    /** @throws ProtocolViolation (28000 or 22023) when user is missing or replication has no meaning */
    public StartupMessage {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        if (parameters.getOrDefault("user", "").isEmpty()) {
            throw new ProtocolViolation(
                    new Refusal.UserNameMissing(), "no PostgreSQL user name specified in startup packet");
        }
        ReplicationMode.of(parameters.getOrDefault("replication", "false"));
    }

    public String user() {
        return parameters.getOrDefault("user", "");
    }

    /** The database asked for; the user's name where none is. */
    public String database() {
        String database = parameters.getOrDefault("database", "");
        return database.isEmpty() ? user() : database;
    }

    /** Command-line options, for {@link StartupOptions#parse}; empty where none came. */
    public String options() {
        return parameters.getOrDefault("options", "");
    }

    public ReplicationMode replication() {
        return ReplicationMode.of(parameters.getOrDefault("replication", "false"));
    }

    /** The names a NegotiateProtocolVersion has to list. */
    public List<String> unrecognizedProtocolOptions() {
        return parameters.keySet().stream()
                .filter(name -> name.startsWith(PROTOCOL_OPTION_PREFIX))
                .toList();
    }

    /** Whether exactly one NegotiateProtocolVersion is due before the authentication goes on. */
    public boolean needsNegotiation() {
        return version.isNewerThan(ProtocolVersion.LATEST)
                || !unrecognizedProtocolOptions().isEmpty();
    }

    /** What remains for the session: all parameters but user, database, options, replication and protocol options. */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>(parameters);
        settings.keySet().removeAll(List.of("user", "database", "options", "replication"));
        settings.keySet().removeIf(name -> name.startsWith(PROTOCOL_OPTION_PREFIX));
        return Collections.unmodifiableMap(settings);
    }

    @Override
    public void encode(ByteBuf out) {
        int start = out.writerIndex();
        try {
            out.writeInt(0);
            out.writeInt(version.code());
            parameters.forEach((name, value) -> {
                BodyWriter.string(out, name);
                BodyWriter.string(out, value);
            });
            out.writeByte(0);
            StartupPacketDecoder.checkOutgoingLength(out.writerIndex() - start);
            out.setInt(start, out.writerIndex() - start);
        } catch (RuntimeException e) {
            out.writerIndex(start);
            throw e;
        }
    }
}

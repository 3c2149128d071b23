package dev.postern.gateway.it.harness;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Where and as whom a client logs in.
 *
 * @param tls the context to ask for TLS with; empty for plaintext
 * @param parameters startup parameters besides user and database
 * @param protocol the version asked for
 */
public record ServerAddress(
        int port,
        Optional<SSLContext> tls,
        String user,
        String password,
        String database,
        Map<String, String> parameters,
        int protocol) {

    /** Protocol 3.0, no further parameters. */
    public ServerAddress(int port, Optional<SSLContext> tls, String user, String password, String database) {
        this(port, tls, user, password, database, Map.of(), FrontendBytes.PROTOCOL_3_0);
    }

    public ServerAddress withUser(String user) {
        return new ServerAddress(port, tls, user, password, database, parameters, protocol);
    }

    public ServerAddress withPassword(String password) {
        return new ServerAddress(port, tls, user, password, database, parameters, protocol);
    }

    public ServerAddress withDatabase(String database) {
        return new ServerAddress(port, tls, user, password, database, parameters, protocol);
    }

    public ServerAddress withParameter(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return new ServerAddress(port, tls, user, password, database, more, protocol);
    }

    public ServerAddress withProtocol(int protocol) {
        return new ServerAddress(port, tls, user, password, database, parameters, protocol);
    }

    Map<String, String> startupParameters() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("user", user);
        all.put("database", database);
        all.putAll(parameters);
        return all;
    }
}

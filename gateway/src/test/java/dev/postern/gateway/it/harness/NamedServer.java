package dev.postern.gateway.it.harness;

import java.util.List;
import java.util.Properties;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.postgresql.ssl.LibPQFactory;
import org.postgresql.util.PSQLException;

/**
 * pgjdbc's own TLS, with a server name that is not the host's: the tests have no DNS, and JSSE names no host without a dot.
 * For {@code sslfactory=}; the name goes into {@link #property}.
 */
public final class NamedServer extends LibPQFactory {
    private static final String NAME = "applicationNamespace";

    private final String name;

    public NamedServer(Properties properties) throws PSQLException {
        super(properties);
        this.name = properties.getProperty(NAME, "");
    }

    /** What to add to a JDBC URL. */
    public static String property(String serverName) {
        return "&sslfactory=" + NamedServer.class.getName() + "&" + NAME + "=" + serverName;
    }

    @Override
    public java.net.Socket createSocket(java.net.Socket socket, String host, int port, boolean autoClose)
            throws java.io.IOException {
        SSLSocket secure = (SSLSocket) super.createSocket(socket, host, port, autoClose);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        secure.setSSLParameters(parameters);
        return secure;
    }
}

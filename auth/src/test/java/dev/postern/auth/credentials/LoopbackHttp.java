package dev.postern.auth.credentials;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** HTTP servers of doubles. */
public final class LoopbackHttp {
    private LoopbackHttp() {}

    /**
     * One that listens on 127.0.0.1, with a virtual thread for each request.
     *
     * @param port 0 for a free one
     * @param tls without it requests come in clear
     */
    public static HttpServer start(int port, @Nullable HttpsConfigurator tls, HttpHandler handler) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
        HttpServer server;
        if (tls == null) {
            server = HttpServer.create(address, 0);
        } else {
            HttpsServer https = HttpsServer.create(address, 0);
            https.setHttpsConfigurator(tls);
            server = https;
        }
        server.createContext("/", handler);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return server;
    }
}

package dev.postern.gateway.it.harness;

import dev.postern.auth.credentials.kubernetes.ApiServerDouble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The API server's double with TLS, and the gateway's ServiceAccount as a pod has it: token and CA in files. */
public final class ClusterWorld implements AutoCloseable {
    private static final String FIRST_TOKEN = "eyJ-the-gateways-first-token";

    private final Path tokenFile = TemporaryFolders.create("cluster").resolve("token");
    private final ApiServerDouble api;
    private final List<String> secrets = new ArrayList<>();
    private String token = "";

    private ClusterWorld() {
        try {
            api = ApiServerDouble.https(
                    Certificates.shared().issueForLocalhost("cluster").serverContext());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        replaceToken(FIRST_TOKEN);
    }

    public static ClusterWorld start() {
        return new ClusterWorld();
    }

    public ApiServerDouble api() {
        return api;
    }

    /** As kubelet does before the old one ends: from now on only this token is known. */
    public void replaceToken(String next) {
        secrets.add(next);
        api.know(next);
        try {
            Files.writeString(tokenFile, next);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        api.forget(token);
        token = next;
    }

    /** A Secret of the namespace {@code shop}, as an operator of databases makes one. */
    public void put(String name, String user, String password) {
        secrets.add(password);
        api.put(
                "shop",
                name,
                Map.of("username", user, "password", password, "uri", "postgresql://" + user + ":" + password + "@db"));
    }

    /** Everything that no log may hold: tokens, passwords. */
    public List<String> secrets() {
        List<String> all = new ArrayList<>(secrets);
        all.addAll(api.given());
        return all;
    }

    /** The top-level key {@code kubernetesApi}. */
    public String yaml() {
        return "kubernetesApi: {address: \"" + api.address() + "\", tokenFile: " + tokenFile + ", caFile: "
                + Certificates.shared().caFile() + ", namespace: shop}\n";
    }

    @Override
    public void close() {
        api.close();
    }
}

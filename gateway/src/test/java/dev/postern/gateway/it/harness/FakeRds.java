package dev.postern.gateway.it.harness;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A PostgreSQL server whose logins are those of RDS with IAM: TLS, a password in clear, and that is right while its
 * signature is that of known keys, for this very server, port and role, and not older than 15 minutes. Behind the login
 * stands a real server that trusts the role {@link #ROLE}.
 */
public final class FakeRds implements AutoCloseable {
    public static final String ROLE = "rds_app";

    private static final int SSL_REQUEST = 80877103;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final FakeAws aws;
    private final Supplier<Instant> clock;
    private final PostgresServer postgres;
    private final ServerSocket listener;
    private final SSLContext tls =
            Certificates.shared().issueForLocalhost("rds").serverContext();
    private final Queue<String> accepted = new ConcurrentLinkedQueue<>();
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();

    public FakeRds(FakeAws aws, Supplier<Instant> clock, PostgresServer postgres) {
        this.aws = aws;
        this.clock = clock;
        this.postgres = postgres;
        postgres.execute(
                "postgres",
                "do $$ begin create role " + ROLE + " login in role orders_backend; exception when duplicate_object"
                        + " then null; end $$");
        postgres.prependHba("host all " + ROLE + " 127.0.0.1/32 trust");
        try {
            listener = new ServerSocket(0, 64, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("fake-rds").start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Tokens that were let in, each as often as it came. */
    public List<String> accepted() {
        return List.copyOf(accepted);
    }

    /** Why others were not. */
    public List<String> refused() {
        return List.copyOf(refused);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                Thread.ofVirtual().name("fake-rds-session").start(() -> session(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void session(Socket plain) {
        try (plain) {
            plain.setTcpNoDelay(true);
            DataInputStream first = new DataInputStream(plain.getInputStream());
            if (first.readInt() != 8 || first.readInt() != SSL_REQUEST) {
                return; // RDS with IAM has nothing to say to who does not ask for TLS
            }
            plain.getOutputStream().write('S');
            try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, null, port(), true)) {
                socket.setUseClientMode(false);
                socket.startHandshake();
                login(new DataInputStream(socket.getInputStream()), new DataOutputStream(socket.getOutputStream()));
            }
        } catch (IOException | GeneralSecurityException e) {
            // The client is gone; what it got to see is in its own test.
        }
    }

    private void login(DataInputStream in, DataOutputStream out) throws IOException, GeneralSecurityException {
        byte[] startup = in.readNBytes(in.readInt() - 4);
        String user = user(startup);
        out.write(new byte[] {'R', 0, 0, 0, 8, 0, 0, 0, 3});
        out.flush();
        if (in.readByte() != 'p') {
            return;
        }
        byte[] password = in.readNBytes(in.readInt() - 4);
        String token = new String(password, 0, password.length - 1, StandardCharsets.UTF_8);
        String problem = problem(token, user);
        if (!problem.isEmpty()) {
            refused.add(problem);
            byte[] error = ("SFATAL\0VFATAL\0C28000\0MPAM authentication failed for user \"" + user + "\"\0\0")
                    .getBytes(StandardCharsets.UTF_8);
            out.writeByte('E');
            out.writeInt(error.length + 4);
            out.write(error);
            out.flush();
            return;
        }
        accepted.add(token);
        relay(startup, in, out);
    }

    private void relay(byte[] startup, InputStream in, OutputStream out) throws IOException {
        try (Socket server = new Socket("127.0.0.1", postgres.port())) {
            server.setTcpNoDelay(true);
            DataOutputStream toServer = new DataOutputStream(server.getOutputStream());
            toServer.writeInt(startup.length + 4);
            toServer.write(startup);
            DataInputStream fromServer = new DataInputStream(server.getInputStream());
            fromServer.readNBytes(9); // AuthenticationOk: the client gets it with the rest
            out.write(new byte[] {'R', 0, 0, 0, 8, 0, 0, 0, 0});
            Thread back = Thread.ofVirtual().start(() -> copy(fromServer, out));
            copy(in, toServer);
            server.shutdownOutput();
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(InputStream from, OutputStream to) {
        byte[] buffer = new byte[16384];
        try {
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                to.write(buffer, 0, n);
                to.flush();
            }
        } catch (IOException end) {
            return;
        }
    }

    private static String user(byte[] startup) {
        String[] words = new String(startup, 4, startup.length - 4, StandardCharsets.UTF_8).split("\0", -1);
        for (int i = 0; i + 1 < words.length; i += 2) {
            if (words[i].equals("user")) {
                return words[i + 1];
            }
        }
        return "";
    }

    /** Why the token is not right; empty when it is. Written after AWS' description, and after nothing of the gateway's. */
    private String problem(String token, String user) throws GeneralSecurityException {
        String host = "localhost:" + port();
        if (!token.startsWith(host + "/?")) {
            return "not for this server";
        }
        Map<String, String> query = FakeAws.form(token.substring(host.length() + 2));
        if (!user.equals(query.get("DBUser")) || !"connect".equals(query.get("Action"))) {
            return "not for this role";
        }
        String date = query.getOrDefault("X-Amz-Date", "");
        Instant signed = Instant.from(TIME.parse(date));
        Instant now = clock.get();
        if (signed.plusSeconds(Long.parseLong(query.getOrDefault("X-Amz-Expires", "0")))
                        .isBefore(now)
                || signed.isAfter(now.plusSeconds(60))) {
            return "over";
        }
        String[] scope = query.getOrDefault("X-Amz-Credential", "").split("/", -1);
        FakeAws.Keys keys = aws.find(scope[0]).orElse(null);
        if (keys == null || !keys.session().equals(query.get("X-Amz-Security-Token"))) {
            return "unknown keys";
        }
        if (keys.expires().isBefore(now)) {
            return "keys are over";
        }
        TreeMap<String, String> parameters = new TreeMap<>(query);
        String signature = String.valueOf(parameters.remove("X-Amz-Signature"));
        String canonical = "GET\n/\n"
                + parameters.entrySet().stream()
                        .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                        .collect(Collectors.joining("&"))
                + "\nhost:" + host + "\n\nhost\n" + sha256("");
        String scopeText = String.join("/", List.of(scope).subList(1, scope.length));
        String toSign = "AWS4-HMAC-SHA256\n" + date + "\n" + scopeText + "\n" + sha256(canonical);
        byte[] key = ("AWS4" + keys.secret()).getBytes(StandardCharsets.UTF_8);
        for (String part : scopeText.split("/", -1)) {
            key = hmac(key, part);
        }
        return HexFormat.of().formatHex(hmac(key, toSign)).equals(signature) ? "" : "the signature is wrong";
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    private static String sha256(String text) throws GeneralSecurityException {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}

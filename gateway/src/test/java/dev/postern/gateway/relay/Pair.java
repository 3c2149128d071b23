package dev.postern.gateway.relay;

import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A client and a server without connections, joined by a link; both write down what they are told. */
final class Pair {
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    final Client client;
    final Server server;
    private final ClientStream clientStream = new ClientStream();
    private final LinkMode mode;
    Link link;

    Pair() {
        this(LinkMode.shared(true, true), new StatementCache(new StatementMemory()), 100);
    }

    Pair(LinkMode mode, StatementCache cache, int limit) {
        this.mode = mode;
        this.client = new Client(new ClientStatements(cache));
        this.server = new Server(new ServerParts(new Traffic()), new ServerStatements(cache, limit));
        this.link = newLink();
    }

    private Link newLink() {
        return new Link(client, clientStream, server, server.parts, mode);
    }

    /** The next transaction on the same server. */
    void relink() {
        link.end();
        link = newLink();
    }

    void fromClient(byte[]... messages) {
        link.fromClient(buffer(Frames.join(messages)));
    }

    void fromServer(byte[]... messages) {
        link.fromServer(buffer(Frames.join(messages)));
    }

    private ByteBuf buffer(byte[] bytes) {
        return allocator.heapBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
    }

    List<String> toServer() {
        return Frames.read(server.written());
    }

    List<String> toClient() {
        return Frames.read(client.written());
    }

    /** The client leaves and the connection closes; what is left then is lost. */
    void end() {
        link.end();
        clientStream.release();
        server.parts.release();
        client.statements.clear();
        server.statements.clear();
    }

    long bytesNotReleased() {
        return allocator.metric().usedHeapMemory();
    }

    /** What one side was given. */
    private static class Written {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        public void write(ByteBuf messages) {
            byte[] copy = new byte[messages.readableBytes()];
            messages.readBytes(copy);
            messages.release();
            bytes.writeBytes(copy);
        }

        public void flush() {}

        /** Since the last call. */
        byte[] written() {
            byte[] all = bytes.toByteArray();
            bytes.reset();
            return all;
        }
    }

    static final class Client extends Written implements ClientEnd {
        private final ClientStatements statements;
        SessionSettings startup = SessionSettings.NONE;
        private SessionSettings settings = SessionSettings.NONE;
        final List<String> told = new ArrayList<>();
        int ready;
        boolean ended;

        Client(ClientStatements statements) {
            this.statements = statements;
        }

        @Override
        public ClientStatements statements() {
            return statements;
        }

        @Override
        public SessionSettings settings() {
            return settings;
        }

        @Override
        public void settings(SessionSettings changed) {
            settings = changed;
        }

        @Override
        public void settingsLost(ErrorResponse error) {
            told.add("settings lost: " + error.message());
        }

        @Override
        public SessionSettings startupSettings() {
            return startup;
        }

        @Override
        public void credentialEnded() {}

        @Override
        public void ready(Link link) {
            ready++;
        }

        @Override
        public void serverLost(boolean fatalPassed) {
            told.add(fatalPassed ? "lost, told" : "lost");
        }

        boolean reading = true;

        @Override
        public void setReading(boolean on) {
            reading = on;
        }

        @Override
        public void terminated() {
            ended = true;
            told.add("terminated");
            end.run();
        }

        @Override
        public void violated(ProtocolViolation violation) {
            ended = true;
            told.add("violated: " + violation.getMessage());
            end.run();
        }

        Runnable end = () -> {};
    }

    final class Server extends Written implements ServerEnd {
        /** Errors that a dropped role would cause as well wait. */
        boolean leased;

        int askedAboutRole;
        final ServerParts parts;
        private final ServerStatements statements;
        private SessionSettings settings = SessionSettings.NONE;
        private boolean unknown;
        final Map<String, String> initially = new HashMap<>();
        final Map<String, String> reported = new HashMap<>();

        @Nullable
        String violation;

        Server(ServerParts parts, ServerStatements statements) {
            this.parts = parts;
            this.statements = statements;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public ByteBufAllocator alloc() {
            return allocator;
        }

        @Override
        public ServerStatements statements() {
            return statements;
        }

        @Override
        public SessionSettings settings() {
            return settings;
        }

        @Override
        public void settings(SessionSettings changed) {
            settings = changed;
            unknown = false;
        }

        @Override
        public void settingsUnknown() {
            unknown = true;
        }

        boolean unclean;

        @Override
        public void unclean(boolean forGood) {
            unclean = true;
        }

        @Override
        public boolean areSettingsUnknown() {
            return unknown;
        }

        @Override
        public boolean asksAboutRole() {
            askedAboutRole++;
            return leased;
        }

        @Override
        public void reported(String name, String value) {
            reported.put(name, value);
        }

        @Override
        public @Nullable String initially(String name) {
            return initially.get(name);
        }

        @Override
        public void violated(ProtocolViolation broken) {
            violation = Objects.requireNonNull(broken.getMessage());
            link.end();
            link.serverGone();
        }
    }

    /** One thing that happens. */
    record Step(boolean byClient, byte[] bytes) {
        static Step client(byte[]... messages) {
            return new Step(true, Frames.join(messages));
        }

        static Step server(byte[]... messages) {
            return new Step(false, Frames.join(messages));
        }
    }

    /** What came out at both ends. */
    record Outcome(List<String> toServer, List<String> toClient, boolean clean, Optional<String> violation) {}

    /** Plays the steps, the one at the place cut in two. */
    Outcome play(List<Step> steps, int cutStep, int cutAt) {
        for (int i = 0; i < steps.size(); i++) {
            byte[] bytes = steps.get(i).bytes();
            boolean byClient = steps.get(i).byClient();
            if (i == cutStep) {
                pass(byClient, Arrays.copyOf(bytes, cutAt));
                pass(byClient, Arrays.copyOfRange(bytes, cutAt, bytes.length));
            } else {
                pass(byClient, bytes);
            }
        }
        return new Outcome(toServer(), toClient(), link.isClean(), Optional.ofNullable(server.violation));
    }

    /** One byte at a time. */
    Outcome playByteByByte(List<Step> steps) {
        for (Step step : steps) {
            for (byte one : step.bytes()) {
                pass(step.byClient(), new byte[] {one});
            }
        }
        return new Outcome(toServer(), toClient(), link.isClean(), Optional.ofNullable(server.violation));
    }

    void pass(boolean byClient, byte[] bytes) {
        if (bytes.length > 0 && byClient) {
            fromClient(bytes);
        } else if (bytes.length > 0) {
            fromServer(bytes);
        }
    }
}

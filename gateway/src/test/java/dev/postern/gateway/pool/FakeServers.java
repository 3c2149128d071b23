package dev.postern.gateway.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Server connections that open, pass their checks and close when the test says so. */
final class FakeServers implements ServerOpener<FakeServers.Server> {
    final Deque<Result<Server>> opening = new ArrayDeque<>();
    final List<Server> all = new ArrayList<>();
    private @Nullable ServerPool<Server> pool;
    final List<Map<String, String>> dedicated = new ArrayList<>();
    int attempts;

    ServerPool<Server> poolOf(PoolSettings settings, FakeLoop loop) {
        ServerPool<Server> made = new ServerPool<>(settings, this, loop);
        pool = made;
        return made;
    }

    /** A pool that shares limits with others. */
    ServerPool<Server> poolOf(PoolSettings settings, FakeLoop loop, SharedLimits limits) {
        ServerPool<Server> made = new ServerPool<>(settings, this, loop, generation -> false, new PoolStats(), limits);
        pool = made;
        return made;
    }

    private ServerPool<Server> pool() {
        return Objects.requireNonNull(pool);
    }

    @Override
    public void open(Result<Server> result) {
        attempts++;
        opening.add(result);
    }

    @Override
    public void openDedicated(Map<String, String> startup, Result<Server> result) {
        dedicated.add(startup);
        open(result);
    }

    /** The oldest attempt succeeds. */
    Server succeed() {
        return succeed(0);
    }

    Server succeed(long generation) {
        Result<Server> result = opening.remove();
        Server server = new Server(all.size() + 1, result.seat(generation));
        all.add(server);
        result.opened(server);
        return server;
    }

    /** The oldest attempt fails. */
    void fail(ServerFailure.Kind kind) {
        opening.remove().failed(new ServerFailure(kind, "pg:5432 says no"));
    }

    long open() {
        return all.stream().filter(server -> !server.closed).count();
    }

    /** One connection; closing tells the pool at once, as the real one does. */
    final class Server implements PooledServer {
        private final int number;
        private final Seat seat;
        boolean closed;
        boolean closesSoon;

        @Nullable
        CloseReason reason;

        @Nullable
        Consumer<Boolean> check;

        Server(int number, Seat seat) {
            this.number = number;
            this.seat = seat;
        }

        @Override
        public Seat seat() {
            return seat;
        }

        @Override
        public void check(String query, Consumer<Boolean> result) {
            check = result;
        }

        void checked(boolean healthy) {
            Consumer<Boolean> result = Objects.requireNonNull(check);
            check = null;
            result.accept(healthy);
        }

        @Override
        public void close(CloseReason why) {
            if (!closed) {
                closed = true;
                reason = why;
                pool().remove(this, why);
            }
        }

        @Override
        public void closeSoon() {
            closesSoon = true;
        }

        @Override
        public void expire() {
            close(CloseReason.CREDENTIAL_ROTATED);
        }

        @Override
        public String toString() {
            return "server " + number;
        }
    }
}

package dev.postern.gateway.backend;

import dev.postern.gateway.pool.ServerFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Finds out whether a leased role is still there, when a client's error looks as if it were not. The session itself cannot
 * tell: in a failed transaction PostgreSQL answers nothing. So the credential logs in once more; one login at a time for a
 * generation, shared by all who asked before it began. Used on one loop.
 */
final class RoleInquiry {
    /** UNKNOWN: the server could not be asked, or a lease past its end shuts out new logins of a role that nobody has dropped. */
    enum Verdict {
        THERE,
        GONE,
        UNKNOWN
    }

    /** Logs in with the credential that is in question. */
    interface Login {
        void start(ServerOpening.Outcome outcome);
    }

    /** Asks whether a role that was refused is gone; the answer comes on the loop. */
    interface Doubt {
        void settle(Consumer<Boolean> isGone);
    }

    private record Round(Login login, Doubt doubt, List<Consumer<Verdict>> asked) {}

    private final Map<Long, Round> running = new HashMap<>();
    private final Map<Long, Round> next = new HashMap<>();

    void ask(long generation, Login login, Doubt doubt, Consumer<Verdict> result) {
        // A login that is under way may have begun before the role went.
        Map<Long, Round> where = running.containsKey(generation) ? next : running;
        Round round = where.computeIfAbsent(generation, g -> new Round(login, doubt, new ArrayList<>()));
        round.asked().add(result);
        if (where == running) {
            begin(generation, round);
        }
    }

    private void begin(long generation, Round round) {
        round.login().start(new ServerOpening.Outcome() {
            @Override
            public void opened(ServerOpening.OpenedServer server) {
                server.login().channel().close();
                end(generation, round, Verdict.THERE);
            }

            @Override
            public void failed(OpenFailure failure) {
                boolean refused = failure.failure().kind() == ServerFailure.Kind.LOGIN_FAILED
                        && failure.sqlState().startsWith("28");
                if (refused) {
                    round.doubt().settle(gone -> end(generation, round, gone ? Verdict.GONE : Verdict.UNKNOWN));
                } else {
                    end(generation, round, Verdict.UNKNOWN);
                }
            }
        });
    }

    private void end(long generation, Round round, Verdict verdict) {
        running.remove(generation);
        Round following = next.remove(generation);
        if (following != null) {
            running.put(generation, following);
            begin(generation, following);
        }
        round.asked().forEach(result -> result.accept(verdict));
    }
}

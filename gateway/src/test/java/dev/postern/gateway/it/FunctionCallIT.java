package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.functionCall;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import org.junit.jupiter.api.extension.ExtendWith;

/** FunctionCall, the fast path that pgjdbc uses for large objects. */
@ExtendWith(CleanAfterEach.class)
class FunctionCallIT {
    /** {@code int4abs(int4)}; OIDs of built-in functions are fixed by pg_proc.dat. */
    private static final int INT4ABS = 1251;

    /** {@code int4div(int4, int4)}. */
    private static final int INT4DIV = 154;

    @EveryTarget
    void answersAFunctionCallAndReadyForQuery(Target target) {
        try (WireClient client = target.connect()) {
            client.send(functionCall(INT4ABS, "-5"));
            assertThat(client.answers()).containsExactly("V(5)", "Z(I)");
        }
    }

    @EveryTarget
    void reportsAnErrorOfTheFunction(Target target) {
        try (WireClient client = target.connect()) {
            client.send(functionCall(INT4DIV, "1", "0"), functionCall(INT4DIV, "8", "2"));
            assertThat(client.answers()).containsExactly("E(ERROR 22012)", "Z(I)");
            assertThat(client.answers()).containsExactly("V(4)", "Z(I)");
        }
    }

    @EveryTarget
    void keepsTheTransaction(Target target) {
        try (WireClient client = target.connect()) {
            client.query("begin");
            client.send(functionCall(INT4ABS, "-5"));
            assertThat(client.answers()).containsExactly("V(5)", "Z(T)");
            client.send(functionCall(4_000_000));
            assertThat(client.answers()).containsExactly("E(ERROR 42883)", "Z(E)");
            assertThat(client.query("rollback")).containsExactly("C(ROLLBACK)", "Z(I)");
        }
    }

    @EveryTarget
    void isSkippedBehindAnErrorOfTheExtendedProtocol(Target target) {
        try (WireClient client = target.connect()) {
            client.send(parse("", "nonsense"), functionCall(INT4ABS, "-5"), sync(), functionCall(INT4ABS, "-6"));
            assertThat(client.answers()).containsExactly("E(ERROR 42601)", "Z(I)");
            assertThat(client.answers()).containsExactly("V(6)", "Z(I)");
        }
    }
}

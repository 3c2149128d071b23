package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.it.harness.CleanAfterEach;
import dev.postern.gateway.it.harness.EveryTarget;
import dev.postern.gateway.it.harness.SharingTargets;
import dev.postern.gateway.it.harness.Target;
import dev.postern.gateway.it.harness.WireClient;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** RESET and DISCARD ALL bring back what the startup packet asked for, whatever comes behind them in the same packet. */
@ExtendWith(CleanAfterEach.class)
class ResetIT {
    private static final String ASKED = "D(information_schema)";
    private static final String SHOW = "show search_path";

    private static WireClient connect(Target target) {
        return target.connect("search_path", "information_schema", "TimeZone", "Asia/Tokyo");
    }

    @EveryTarget
    void discardAllWithTheNextQuery(Target target) {
        try (WireClient client = connect(target)) {
            client.query("set search_path = pg_catalog");
            client.send(concat(query("discard all"), query(SHOW)));
            assertThat(client.answers()).contains("C(DISCARD ALL)", "Z(I)");
            assertThat(client.answers()).contains(ASKED);
            assertThat(client.query(SHOW)).contains(ASKED);
        }
    }

    /** As asyncpg does it when a connection goes back to its pool. */
    @EveryTarget
    void resetAllWithTheNextQuery(Target target) {
        try (WireClient client = connect(target)) {
            client.query("set search_path = pg_catalog");
            client.send(concat(query("close all; unlisten *; reset all"), query(SHOW)));
            client.answers();
            assertThat(client.answers()).contains(ASKED);
            assertThat(client.query(SHOW)).contains(ASKED);
        }
    }

    @EveryTarget
    void resetBeforeTheNextQuery(Target target) {
        try (WireClient client = connect(target)) {
            for (String reset : List.of("reset all", "reset search_path", "set search_path to default")) {
                client.query("set search_path = pg_catalog");
                client.query(reset);
                assertThat(client.query(SHOW)).as(reset).contains(ASKED);
                assertThat(client.ask("show TimeZone")).as(reset).isEqualTo("Asia/Tokyo");
            }
        }
    }

    @EveryTarget
    void resetInThePartOfAPipelineBeforeTheNext(Target target) {
        try (WireClient client = connect(target)) {
            client.query("set search_path = pg_catalog");
            client.send(concat(
                    parse("", "reset search_path"),
                    bind("", ""),
                    execute(),
                    sync(),
                    parse("", SHOW),
                    bind("", ""),
                    execute(),
                    sync()));
            assertThat(client.answers()).contains("C(RESET)");
            assertThat(client.answers()).contains(ASKED);
        }
    }

    @EveryTarget
    void resetInATransactionAndWhatUndoesIt(Target target) {
        try (WireClient client = connect(target)) {
            client.query("begin");
            client.query("set search_path = pg_catalog");
            client.query("savepoint a");
            client.query("reset search_path");
            assertThat(client.query(SHOW)).contains(ASKED, "Z(T)");
            client.query("rollback to a");
            assertThat(client.query(SHOW)).contains("D(pg_catalog)");
            client.query("reset all");
            assertThat(client.query(SHOW)).contains(ASKED);
            client.query("commit");
            assertThat(client.query(SHOW)).contains(ASKED);
            client.query("set search_path = pg_catalog");
            client.query("begin; reset search_path; savepoint b");
            assertThat(client.query("select 1/0")).contains("E(ERROR 22012)", "Z(E)");
            client.query("rollback to b");
            assertThat(client.query(SHOW)).contains(ASKED);
            client.query("rollback");
            assertThat(client.query(SHOW)).contains("D(pg_catalog)");
        }
    }

    /** What puts the settings back takes no snapshot. */
    @EveryTarget
    void setTransactionBehindAReset(Target target) {
        try (WireClient client = connect(target)) {
            for (String reset : List.of("reset search_path", "set search_path to default", "reset all")) {
                client.query("set search_path = pg_catalog");
                client.query("begin");
                client.query(reset);
                assertThat(client.query("set transaction isolation level serializable"))
                        .as(reset)
                        .endsWith("C(SET)", "Z(T)");
                assertThat(client.ask("show transaction_isolation")).isEqualTo("serializable");
                assertThat(client.ask(SHOW)).isEqualTo("information_schema");
                client.query("commit");
                assertThat(client.ask(SHOW)).isEqualTo("information_schema");
            }
        }
    }

    /** Its COMMIT or PREPARE takes the transaction along, and no tag says ROLLBACK. */
    @EveryTarget
    void aChainedTransactionBehindTheResetMayFail(Target target) {
        try (WireClient client = target.connect("options", "-c app.tenant=blue")) {
            client.query("set app.tenant = 'red'");
            client.query("begin");
            client.query("reset all; commit and chain");
            assertThat(client.ask("show app.tenant")).isEqualTo("blue");
            assertThat(client.query("prepare transaction 'x'")).contains("E(ERROR 55000)", "Z(I)");
            assertThat(client.ask("show app.tenant")).isEqualTo("blue");
        }
    }

    @EveryTarget
    void aResetInAFailedQueryIsUndone(Target target) {
        try (WireClient client = connect(target)) {
            client.query("set search_path = pg_catalog");
            assertThat(client.query("reset search_path; select 1/0")).contains("E(ERROR 22012)", "Z(I)");
            assertThat(client.query(SHOW)).contains("D(pg_catalog)");
        }
    }

    @EveryTarget
    void whatIsSetBehindTheResetStays(Target target) {
        try (WireClient client = connect(target)) {
            client.query("reset all; set search_path = pg_catalog; set TimeZone = 'Europe/Paris'");
            assertThat(client.ask(SHOW)).isEqualTo("pg_catalog");
            assertThat(client.ask("show TimeZone")).isEqualTo("Europe/Paris");
            assertThat(client.parameters()).containsEntry("TimeZone", "Europe/Paris");
        }
    }

    /** Drivers read it to know how to read times. */
    @EveryTarget
    void theClientIsToldWhatIsBack(Target target) {
        try (WireClient client = connect(target)) {
            for (String reset : List.of("reset TimeZone", "reset all", "discard all")) {
                client.query("set TimeZone = 'Europe/Paris'");
                client.query("select 1");
                assertThat(client.parameters()).as(reset).containsEntry("TimeZone", "Europe/Paris");
                client.query(reset);
                client.query("select 1"); // a report may come after the answer
                assertThat(client.parameters()).as(reset).containsEntry("TimeZone", "Asia/Tokyo");
            }
        }
    }

    @EveryTarget
    void theClientIsToldOfWhatTheStartupPacketDidNotName(Target target) {
        try (WireClient client = connect(target)) {
            String before = client.ask("show DateStyle");
            client.query("set DateStyle = 'German'");
            client.query("discard all");
            assertThat(client.parameters()).containsEntry("DateStyle", before);
        }
    }

    @EveryTarget
    void roleAndSettingsWithADotAmongTheOptions(Target target) {
        try (WireClient client = target.connect("options", "-c app.tenant=blue -c work_mem=1234kB")) {
            client.query("set app.tenant = 'red'; set work_mem = '5MB'");
            client.query("reset app.tenant");
            assertThat(client.ask("show app.tenant")).isEqualTo("blue");
            assertThat(client.ask("show work_mem")).isEqualTo("5MB");
            client.query("set app.tenant = 'red'");
            client.query("reset all");
            assertThat(client.ask("show app.tenant")).isEqualTo("blue");
            assertThat(client.ask("show work_mem")).isEqualTo("1234kB");
        }
    }

    @SharingTargets
    void whatIsBackIsTheClientsAlone(Target target) {
        try (WireClient client =
                        WireClient.connect(target.oneServer().withParameter("search_path", "information_schema"));
                WireClient other = WireClient.connect(target.oneServer())) {
            String others = other.ask(SHOW);
            for (String reset : List.of("reset all", "reset search_path", "discard all")) {
                client.query(reset);
                assertThat(other.ask(SHOW)).as(reset).isEqualTo(others);
                assertThat(client.query(SHOW)).as(reset).contains(ASKED);
            }
        }
    }
}

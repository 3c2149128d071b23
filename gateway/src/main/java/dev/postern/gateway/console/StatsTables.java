package dev.postern.gateway.console;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** SHOW STATS, STATS_TOTALS, STATS_AVERAGES and TOTALS. Pure. */
final class StatsTables {
    private static final String[] STATS = {
        "server_assignment_count",
        "xact_count",
        "query_count",
        "received",
        "sent",
        "xact_time",
        "query_time",
        "wait_time",
        "client_parse_count",
        "server_parse_count",
        "bind_count"
    };
    private static final String[] TOTALS = {
        "server_assignment_count",
        "xact_count",
        "query_count",
        "client_bytes",
        "server_bytes",
        "xact_time",
        "query_time",
        "wait_time",
        "ps_client_parse_count",
        "ps_server_parse_count",
        "ps_bind_count"
    };

    static final List<Column> STATS_COLUMNS = stats();
    static final List<Column> TOTALS_COLUMNS = Column.of(
            "sNNNNNNNNNNN",
            "database",
            "server_assignment_count",
            "xact_count",
            "query_count",
            "bytes_received",
            "bytes_sent",
            "xact_time",
            "query_time",
            "wait_time",
            "client_parse_count",
            "server_parse_count",
            "bind_count");
    static final List<Column> AVERAGES_COLUMNS = Column.of(
            "sNNNNNNNNNNN",
            "database",
            "server_assignment_count",
            "xact_count",
            "query_count",
            "bytes_received",
            "bytes_sent",
            "xact_time",
            "query_time",
            "wait_time",
            "avg_client_parse_count",
            "avg_server_parse_count",
            "avg_bind_count");
    static final List<Column> SUM_COLUMNS = Column.of("sN", "name", "value");

    private StatsTables() {}

    private static List<Column> stats() {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("database", ColumnType.TEXT));
        for (String name : STATS) {
            columns.add(new Column("total_" + name, ColumnType.NUMERIC));
        }
        for (String name : STATS) {
            columns.add(new Column("avg_" + (name.equals("received") ? "recv" : name), ColumnType.NUMERIC));
        }
        return List.copyOf(columns);
    }

    /** One entry for each database, the console's own first. */
    static Map<String, Counters> byDatabase(Snapshot snapshot) {
        Map<String, Counters> sums = new LinkedHashMap<>();
        sums.put("pgbouncer", snapshot.consoleCounters());
        snapshot.pools().forEach(pool -> sums.merge(pool.database(), pool.counters(), Counters::plus));
        return sums;
    }

    static List<Row> stats(Snapshot snapshot, StatsPeriods periods, long now) {
        List<Row> rows = new ArrayList<>();
        byDatabase(snapshot).forEach((database, total) -> {
            List<Object> values = new ArrayList<>(List.of(database));
            values.addAll(List.of(total.values()));
            values.addAll(List.of(periods.average(database, total, now).values()));
            rows.add(Row.of(values.toArray()));
        });
        return rows;
    }

    static List<Row> totals(Snapshot snapshot) {
        List<Row> rows = new ArrayList<>();
        byDatabase(snapshot).forEach((database, total) -> rows.add(row(database, total)));
        return rows;
    }

    static List<Row> averages(Snapshot snapshot, StatsPeriods periods, long now) {
        List<Row> rows = new ArrayList<>();
        byDatabase(snapshot)
                .forEach((database, total) -> rows.add(row(database, periods.average(database, total, now))));
        return rows;
    }

    private static Row row(String database, Counters counters) {
        List<Object> values = new ArrayList<>(List.of(database));
        values.addAll(List.of(counters.values()));
        return Row.of(values.toArray());
    }

    /** Over all databases; averages are of the sums. */
    static List<Row> sums(Snapshot snapshot, StatsPeriods periods, long now) {
        Map<String, Counters> byDatabase = byDatabase(snapshot);
        Counters total = byDatabase.values().stream().reduce(Counters.ZERO, Counters::plus);
        Counters average = periods.averageOfAll(total, now);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < TOTALS.length; i++) {
            rows.add(Row.of("total_" + TOTALS[i], total.values()[i]));
        }
        for (int i = 0; i < TOTALS.length; i++) {
            rows.add(Row.of("avg_" + TOTALS[i], average.values()[i]));
        }
        return rows;
    }
}

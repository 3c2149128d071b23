package dev.postern.gateway.console;

import java.util.List;

/** The answer to a SHOW. */
record Table(List<Column> columns, List<Row> rows) {
    Table {
        rows = List.copyOf(rows);
    }
}

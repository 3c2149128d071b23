package dev.postern.gateway.console;

import dev.postern.gateway.protocol.CommandComplete;
import dev.postern.gateway.protocol.DataRow;
import dev.postern.gateway.protocol.EmptyQueryResponse;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.Format;
import dev.postern.gateway.protocol.NoticeResponse;
import dev.postern.gateway.protocol.RowDescription;
import dev.postern.gateway.protocol.RowField;
import dev.postern.gateway.protocol.Value;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers as messages. */
final class Answers {
    private Answers() {}

    /** @param formats as in Bind: none (all text), one for all, or one for each column */
    static RowDescription description(List<Column> columns, List<Format> formats) {
        List<RowField> fields = new ArrayList<>();
        for (Column column : columns) {
            fields.add(new RowField(
                    column.name(),
                    0,
                    (short) 0,
                    column.type().typeId(),
                    column.type().size(),
                    -1,
                    format(formats, fields.size())));
        }
        return new RowDescription(fields);
    }

    private static Format format(List<Format> formats, int column) {
        return switch (formats.size()) {
            case 0 -> Format.TEXT;
            case 1 -> formats.getFirst();
            default -> formats.get(column);
        };
    }

    /** Rows in text and the command tag, a notice and the tag, or the error. */
    static void write(ByteBuf out, Answer answer) {
        switch (answer) {
            case Answer.Rows(Table table) -> {
                table.rows().forEach(row -> row(out, table.columns(), row, List.of()));
                new CommandComplete("SHOW").encode(out);
            }
            case Answer.Done(String tag) -> new CommandComplete(tag).encode(out);
            case Answer.Noticed(var notice, String tag) -> {
                new NoticeResponse(notice).encode(out);
                new CommandComplete(tag).encode(out);
            }
            case Answer.Failed(String sqlState, String message) ->
                ErrorResponse.error(sqlState, message).encode(out);
            case Answer.Nothing ignored -> new EmptyQueryResponse().encode(out);
            case Answer.Silence ignored -> {}
        }
    }

    static void row(ByteBuf out, List<Column> columns, Row row, List<Format> formats) {
        List<Value> values = new ArrayList<>();
        for (Optional<String> value : row.values()) {
            Column column = columns.get(values.size());
            boolean binary = format(formats, values.size()) == Format.BINARY;
            values.add(value.map(text -> binary ? new Value.Bytes(column.type().binary(text)) : Value.text(text))
                    .orElse(Value.NULL));
        }
        new DataRow(values).encode(out);
    }
}

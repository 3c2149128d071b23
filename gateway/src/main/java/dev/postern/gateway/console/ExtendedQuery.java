package dev.postern.gateway.console;

import dev.postern.gateway.protocol.Bind;
import dev.postern.gateway.protocol.BindComplete;
import dev.postern.gateway.protocol.Close;
import dev.postern.gateway.protocol.CloseComplete;
import dev.postern.gateway.protocol.CommandComplete;
import dev.postern.gateway.protocol.Describe;
import dev.postern.gateway.protocol.ErrorResponse;
import dev.postern.gateway.protocol.Execute;
import dev.postern.gateway.protocol.Flush;
import dev.postern.gateway.protocol.Format;
import dev.postern.gateway.protocol.FrontendMessage;
import dev.postern.gateway.protocol.NoData;
import dev.postern.gateway.protocol.ParameterDescription;
import dev.postern.gateway.protocol.Parse;
import dev.postern.gateway.protocol.ParseComplete;
import dev.postern.gateway.protocol.PortalSuspended;
import dev.postern.gateway.protocol.ProtocolViolation;
import dev.postern.gateway.protocol.SqlStates;
import dev.postern.gateway.protocol.StatementOrPortal;
import dev.postern.gateway.protocol.Sync;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The console by Parse, Bind, Describe and Execute, which drivers use that have no simple query; PgBouncer refuses them.
 * Commands have no parameters. After an error everything up to Sync is skipped, as PostgreSQL does.
 */
final class ExtendedQuery {
    /** Of statements, and of portals. */
    private static final int MOST_NAMES = 100;

    private final ConsoleHandler session;
    private final Map<String, Command> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();
    private boolean skipping;

    /** A command with the formats of its columns, and what is left of its rows. */
    private static final class Portal {
        final Command command;
        final List<Format> formats;

        @Nullable
        Answer answer;

        int next;

        Portal(Command command, List<Format> formats) {
            this.command = command;
            this.formats = formats;
        }
    }

    ExtendedQuery(ConsoleHandler session) {
        this.session = session;
    }

    boolean isSkipping() {
        return skipping;
    }

    void received(FrontendMessage message) {
        if (message instanceof Sync) {
            skipping = false;
            portals.clear();
            session.ready();
            return;
        }
        if (skipping) {
            return;
        }
        switch (message) {
            case Parse parse -> parse(parse);
            case Bind bind -> bind(bind);
            case Describe describe -> describe(describe);
            case Execute execute -> execute(execute);
            case Close(StatementOrPortal kind, String name) -> {
                (kind == StatementOrPortal.STATEMENT ? statements : portals).remove(name);
                session.write(new CloseComplete());
            }
            case Flush ignored -> session.flush();
            default -> throw new ProtocolViolation("unexpected message type " + message.type());
        }
    }

    private void fail(String sqlState, String text) {
        skipping = true;
        session.write(ErrorResponse.error(sqlState, text));
    }

    private void parse(Parse parse) {
        if (!parse.statement().isEmpty() && statements.containsKey(parse.statement())) {
            fail(
                    SqlStates.DUPLICATE_PREPARED_STATEMENT,
                    "prepared statement \"" + parse.statement() + "\" already exists");
        } else if (statements.size() >= MOST_NAMES && !parse.statement().isEmpty()) {
            fail(SqlStates.PROTOCOL_VIOLATION, "too many prepared statements in a console");
        } else {
            statements.put(parse.statement(), Command.parse(parse.query()));
            session.write(new ParseComplete());
        }
    }

    private void bind(Bind bind) {
        Command command = statements.get(bind.statement());
        if (command == null) {
            fail(
                    SqlStates.INVALID_SQL_STATEMENT_NAME,
                    "prepared statement \"" + bind.statement() + "\" does not exist");
            return;
        }
        int columns = Console.columns(command).map(List::size).orElse(0);
        int formats = bind.resultFormats().size();
        if (!bind.parameters().isEmpty()) {
            fail(SqlStates.PROTOCOL_VIOLATION, "commands of the console have no parameters");
        } else if (formats > 1 && formats != columns) {
            fail(
                    SqlStates.PROTOCOL_VIOLATION,
                    "bind message has " + formats + " result formats but query has " + columns + " columns");
        } else if (portals.size() >= MOST_NAMES && !portals.containsKey(bind.portal())) {
            fail(SqlStates.PROTOCOL_VIOLATION, "too many portals in a console");
        } else {
            portals.put(bind.portal(), new Portal(command, List.copyOf(bind.resultFormats())));
            session.write(new BindComplete());
        }
    }

    private void describe(Describe describe) {
        boolean statement = describe.kind() == StatementOrPortal.STATEMENT;
        Portal portal = portals.get(describe.name());
        Command command = statement ? statements.get(describe.name()) : portal == null ? null : portal.command;
        if (command == null) {
            fail(
                    statement ? SqlStates.INVALID_SQL_STATEMENT_NAME : INVALID_CURSOR_NAME,
                    (statement ? "prepared statement \"" : "portal \"") + describe.name() + "\" does not exist");
            return;
        }
        if (statement) {
            session.write(new ParameterDescription(List.of()));
        }
        Optional<List<Column>> columns = Console.columns(command);
        List<Format> formats = portal == null || statement ? List.of() : portal.formats;
        if (columns.isPresent()) {
            session.write(Answers.description(columns.get(), formats));
        } else {
            session.write(new NoData());
        }
    }

    private static final String INVALID_CURSOR_NAME = "34000";

    private void execute(Execute execute) {
        Portal portal = portals.get(execute.portal());
        if (portal == null) {
            fail(INVALID_CURSOR_NAME, "portal \"" + execute.portal() + "\" does not exist");
        } else if (portal.answer != null) {
            answer(portal, portal.answer, execute.maxRows());
        } else {
            session.run(portal.command, answer -> {
                portal.answer = answer;
                answer(portal, answer, execute.maxRows());
            });
        }
    }

    private void answer(Portal portal, Answer answer, int maxRows) {
        if (answer instanceof Answer.Failed(String sqlState, String message)) {
            fail(sqlState, message);
            return;
        }
        ByteBuf out = Unpooled.buffer();
        if (answer instanceof Answer.Rows(Table table)) {
            rows(out, portal, table, maxRows);
        } else {
            Answers.write(out, answer);
        }
        session.write(out);
    }

    private static void rows(ByteBuf out, Portal portal, Table table, int maxRows) {
        int all = table.rows().size();
        int end = maxRows > 0 ? (int) Math.min(all, (long) portal.next + maxRows) : all;
        for (Row row : table.rows().subList(portal.next, end)) {
            Answers.row(out, table.columns(), row, portal.formats);
        }
        portal.next = end;
        if (end < all) {
            new PortalSuspended().encode(out);
        } else {
            new CommandComplete("SHOW").encode(out);
        }
    }
}

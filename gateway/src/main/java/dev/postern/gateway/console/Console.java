package dev.postern.gateway.console;

import dev.postern.gateway.protocol.ErrorField;
import dev.postern.gateway.protocol.LogKeys;
import dev.postern.gateway.protocol.NoticeResponse;
import dev.postern.gateway.protocol.SqlStates;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries commands out. Called on virtual threads: PAUSE and the like wait until they are done. */
final class Console {
    private static final Logger log = LoggerFactory.getLogger(Console.class);

    /** What drivers set at their login, and the console has no use for. */
    private static final List<String> IGNORED = List.of("application_name", "extra_float_digits");

    private static final String USAGE = """

            \tSHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|USERS|VERSION
            \tSHOW PEERS|PEER_POOLS
            \tSHOW FDS|SOCKETS|ACTIVE_SOCKETS|LISTS|MEM|STATE
            \tSHOW DNS_HOSTS|DNS_ZONES
            \tSHOW STATS|STATS_TOTALS|STATS_AVERAGES|TOTALS
            \tSHOW CREDENTIALS|LISTENING|PINNED
            \tSET key = arg
            \tRELOAD
            \tPAUSE [<db>]
            \tRESUME [<db>]
            \tDISABLE <db>
            \tENABLE <db>
            \tRECONNECT [<db>]
            \tKILL [<db>]
            \tKILL_CLIENT <client_id>
            \tSUSPEND
            \tSHUTDOWN
            \tSHUTDOWN WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS
            \tWAIT_CLOSE [<db>]""";

    private final ConsolePort port;

    Console(ConsolePort port) {
        this.port = port;
    }

    /** The columns of the command's answer, if it has rows: for Describe. */
    static Optional<List<Column>> columns(Command command) {
        return command instanceof Command.Show show
                ? Show.find(show.what())
                        .map(Show::columns)
                        .or(() -> Show.faked(show.what()).map(Table::columns))
                : Optional.empty();
    }

    /**
     * Does it.
     *
     * @param user who asks; what it may is looked up for each command, so that a reload counts at once
     * @param owner it may do everything, whatever its name
     * @param givenUp whoever asked cancels, or is gone
     */
    Answer run(Command command, String user, boolean owner, BooleanSupplier givenUp) {
        boolean admin = owner || port.isAdmin(user);
        if (!owner && !port.isUser(user)) {
            return new Answer.Failed(SqlStates.INSUFFICIENT_PRIVILEGE, "no longer a user of the console");
        }
        try {
            return switch (command) {
                case Command.Empty ignored -> new Answer.Nothing();
                case Command.Invalid(String query) -> throw invalid(query);
                case Command.BadArguments ignored -> throw new ConsoleFailure("bad arguments");
                case Command.Show show -> show(show, admin);
                case Command.Set(String key, String value) -> set(key, value, admin, user);
                case Command.Run run -> run(run, admin, user, givenUp);
            };
        } catch (ConsoleFailure failure) {
            return new Answer.Failed(failure.sqlState(), failure.text());
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("console_error");
            return new Answer.Failed(SqlStates.INTERNAL_ERROR, "internal error of the gateway");
        }
    }

    private static ConsoleFailure invalid(String query) {
        return new ConsoleFailure("invalid command '" + query + "', use SHOW HELP;");
    }

    private Answer show(Command.Show command, boolean admin) throws ConsoleFailure {
        if (command.what().equals("help")) {
            List<ErrorField> usage =
                    new ArrayList<>(NoticeResponse.notice(SqlStates.SUCCESSFUL_COMPLETION, "Console usage")
                            .fields());
            usage.add(new ErrorField(ErrorField.DETAIL, USAGE));
            return new Answer.Noticed(usage, "SHOW");
        }
        Optional<Table> faked = Show.faked(command.what());
        if (faked.isPresent()) {
            return new Answer.Rows(faked.get());
        }
        Show show = Show.find(command.what()).orElseThrow(() -> invalid(command.query()));
        if (show == Show.FDS && !admin) {
            throw needsAdmin();
        }
        return new Answer.Rows(show.table(port));
    }

    private static ConsoleFailure needsAdmin() {
        return new ConsoleFailure("admin access needed");
    }

    private Answer set(String key, String value, boolean admin, String user) throws ConsoleFailure {
        if (Show.isFaked(key) || IGNORED.contains(key)) {
            return new Answer.Noticed(
                    NoticeResponse.notice(SqlStates.SUCCESSFUL_COMPLETION, "SET ignored")
                            .fields(),
                    "SET");
        }
        if (!admin) {
            throw needsAdmin();
        }
        log.atInfo()
                .addKeyValue(LogKeys.USER, user)
                .addKeyValue("command", "SET")
                .addKeyValue(LogKeys.KEY, key)
                .log("console_command");
        port.set(key, value);
        return new Answer.Done("SET " + key + "=" + value);
    }

    private Answer run(Command.Run command, boolean admin, String user, BooleanSupplier givenUp) throws ConsoleFailure {
        String argument = command.argument();
        ConsolePort.Shutdown mode = checked(command);
        if (!admin) {
            throw needsAdmin();
        }
        log.atInfo()
                .addKeyValue(LogKeys.USER, user)
                .addKeyValue("command", command.verb())
                .addKeyValue(LogKeys.DATABASE, argument)
                .log("console_command");
        switch (command.verb()) {
            case PAUSE -> port.pause(argument, givenUp);
            case RESUME -> port.resume(argument);
            case DISABLE -> port.disable(required(argument));
            case ENABLE -> port.enable(required(argument));
            case RECONNECT -> port.reconnect(argument);
            case KILL -> port.kill(argument);
            case KILL_CLIENT -> port.killClient(client(argument));
            case WAIT_CLOSE -> port.waitClose(argument, givenUp);
            case SUSPEND -> port.suspend(givenUp);
            case RELOAD -> port.reload();
            case SHUTDOWN -> {
                port.shutdown(mode);
                if (mode == ConsolePort.Shutdown.IMMEDIATE) {
                    return new Answer.Silence();
                }
            }
        }
        return new Answer.Done(command.verb().name());
    }

    /** Commands that take no argument, or one of a few. */
    private static ConsolePort.Shutdown checked(Command.Run command) throws ConsoleFailure {
        boolean empty = command.argument().isEmpty();
        return switch (command.verb()) {
            case RELOAD, SUSPEND -> {
                if (!empty) {
                    throw invalid(command.query());
                }
                yield ConsolePort.Shutdown.IMMEDIATE;
            }
            case SHUTDOWN ->
                switch (command.argument().toUpperCase(Locale.ROOT)) {
                    case "" -> ConsolePort.Shutdown.IMMEDIATE;
                    case "WAIT_FOR_SERVERS" -> ConsolePort.Shutdown.WAIT_FOR_SERVERS;
                    case "WAIT_FOR_CLIENTS" -> ConsolePort.Shutdown.WAIT_FOR_CLIENTS;
                    default -> throw invalid(command.query());
                };
            default -> ConsolePort.Shutdown.IMMEDIATE;
        };
    }

    private static String required(String database) throws ConsoleFailure {
        if (database.isEmpty()) {
            throw new ConsoleFailure("a database is required");
        }
        return database;
    }

    /** The column {@code id} of SHOW CLIENTS, or {@code ptr} with its 0x, which it was before PgBouncer 1.24. */
    private static long client(String argument) throws ConsoleFailure {
        try {
            return argument.startsWith("0x")
                    ? Long.parseUnsignedLong(argument.substring(2), 16)
                    : Long.parseLong(argument);
        } catch (NumberFormatException e) {
            throw new ConsoleFailure("invalid client pointer supplied");
        }
    }
}

package dev.postern.gateway.relay;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Gives a setting a value: by SET, which takes no snapshot, so that what must come first in a transaction may come behind
 * it, and which costs the server a third of a SELECT. Pure.
 */
final class SetCommand {
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}(\\.[a-z_][a-z0-9_]{0,62})*");

    private SetCommand() {}

    /**
     * {@code set_config} reads a value as the startup packet does (a list stays a list, which {@code SET x TO 'a, b'}
     * would make one name of): it is left to it where SET would not give exactly this value.
     */
    static void append(StringBuilder sql, String name, String value) {
        List<String> names = IdentifierList.isValueOf(name) ? IdentifierList.read(value) : List.of(value);
        if (names == null || !NAME.matcher(name).matches()) {
            sql.append("SELECT pg_catalog.set_config(");
            SettingsChange.appendLiteral(sql, name);
            sql.append(',');
            SettingsChange.appendLiteral(sql, value);
            sql.append(",false);");
            return;
        }
        sql.append("SET ");
        SettingsChange.appendIdentifier(sql, name);
        String before = " TO ";
        for (String one : names) {
            SettingsChange.appendLiteral(sql.append(before), one);
            before = ",";
        }
        sql.append(';');
    }
}

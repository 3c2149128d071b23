package dev.postern.gateway.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The value of a setting that is a list of identifiers (GUC_LIST_QUOTE, which only PostgreSQL's own settings can be): how
 * {@code SET} writes it, and back. Pure.
 */
final class IdentifierList {
    private static final Set<String> SETTINGS =
            Set.of("local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces");

    /** Words that quote_identifier (ruleutils.c) puts in quotes: all key words of PostgreSQL 14 to 18 but the unreserved. */
    private static final Set<String> QUOTED =
            Set.of(("all analyse analyze and any array as asc asymmetric authorization"
                            + " between bigint binary bit boolean both case cast char character check coalesce collate collation"
                            + " column concurrently constraint create cross current_catalog current_date current_role"
                            + " current_schema current_time current_timestamp current_user dec decimal default deferrable desc"
                            + " distinct do else end except exists extract false fetch float for foreign freeze from full grant"
                            + " greatest group grouping having ilike in initially inner inout int integer intersect interval into"
                            + " is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query"
                            + " json_scalar json_serialize json_table json_value lateral leading least left like limit localtime"
                            + " localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric"
                            + " offset on only or order out outer overlaps overlay placing position precision primary real"
                            + " references returning right row select session_user setof similar smallint some substring"
                            + " symmetric system_user table tablesample then time timestamp to trailing treat trim true union"
                            + " unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat"
                            + " xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable")
                    .split(" "));

    private IdentifierList() {}

    static boolean isValueOf(String setting) {
        return SETTINGS.contains(setting);
    }

    /** As {@code SET} makes one value of several. */
    static String write(List<String> names) {
        StringBuilder list = new StringBuilder();
        for (String name : names) {
            list.append(list.isEmpty() ? "" : ", ");
            if (isPlain(name)) {
                list.append(name);
            } else {
                list.append('"').append(name.replace("\"", "\"\"")).append('"');
            }
        }
        return list.toString();
    }

    private static boolean isPlain(String name) {
        if (name.isEmpty() || name.charAt(0) >= '0' && name.charAt(0) <= '9' || QUOTED.contains(name)) {
            return false;
        }
        return name.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_');
    }

    /** The names of a value, or null if {@link #write} would not make the same value of them. */
    static @Nullable List<String> read(String value) {
        List<String> names = new ArrayList<>();
        int at = 0;
        while (at < value.length()) {
            int end = value.charAt(at) == '"' ? behindQuotes(value, at) : behindPlain(value, at);
            String name = value.substring(at, end);
            names.add(
                    name.length() > 1 && name.startsWith("\"")
                            ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
                            : name);
            at = value.startsWith(", ", end) ? end + 2 : Math.max(end, at + 1);
        }
        return write(names).equals(value) && !names.isEmpty() ? names : null;
    }

    private static int behindPlain(String value, int from) {
        int comma = value.indexOf(',', from);
        return comma < 0 ? value.length() : comma;
    }

    private static int behindQuotes(String value, int from) {
        int at = from + 1;
        while (at < value.length()) {
            if (value.charAt(at) != '"') {
                at++;
            } else if (value.startsWith("\"\"", at)) {
                at += 2;
            } else {
                return at + 1;
            }
        }
        return value.length();
    }
}

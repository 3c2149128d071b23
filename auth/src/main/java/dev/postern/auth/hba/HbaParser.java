package dev.postern.auth.hba;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads pg_hba.conf. What PostgreSQL has and a gateway cannot know (role membership, host names) is an error, not ignored. */
final class HbaParser {
    private static final Set<String> UNSUPPORTED_METHODS = Set.of("gss", "sspi", "ident", "pam", "bsd", "radius");
    private static final Set<String> UNSUPPORTED_TYPES =
            Set.of("hostgssenc", "hostnogssenc", "include", "include_if_exists", "include_dir");

    private final String file;
    private final Problems problems;

    HbaParser(String file) {
        this.file = file;
        this.problems = new Problems(file);
    }

    HbaRules.Parsed parse(String content) {
        List<HbaRule> rules = new ArrayList<>();
        for (Lines.Line line : new Lines(problems).of(content)) {
            rule(line).ifPresent(rules::add);
        }
        return new HbaRules.Parsed(new HbaRules(rules), problems.all());
    }

    private Optional<HbaRule> rule(Lines.Line line) {
        int before = problems.count();
        Cursor cursor = new Cursor(line);
        Optional<Token> typeWord = cursor.single("type");
        Optional<ConnectionType> type = typeWord.flatMap(word -> type(line, word));
        if (type.isEmpty()) {
            return Optional.empty();
        }
        Optional<Names> databases = cursor.next("database").map(field -> names(line, field, true));
        Optional<Names> users = cursor.next("user").map(field -> names(line, field, false));
        List<Network> networks = type.get() == ConnectionType.LOCAL ? List.of() : networks(line, cursor);
        Optional<HbaMethod> method = cursor.single("method").flatMap(word -> method(line, type.get(), word));
        if (databases.isEmpty() || users.isEmpty() || method.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> options = options(line, cursor, type.get(), method.get());
        return problems.count() > before
                ? Optional.empty()
                : Optional.of(new HbaRule(
                        file + ":" + line.number(),
                        type.get(),
                        databases.get(),
                        users.get(),
                        networks,
                        method.get(),
                        options));
    }

    private Optional<ConnectionType> type(Lines.Line line, Token word) {
        Optional<ConnectionType> type = ConnectionType.of(word.text());
        if (type.isEmpty()) {
            problems.add(
                    line.number(),
                    word.column(),
                    (UNSUPPORTED_TYPES.contains(word.text())
                                            ? "\"%s\" is not supported"
                                            : "unknown connection type \"%s\"")
                                    .formatted(word.text())
                            + " (expected: local, host, hostssl or hostnossl)");
        }
        return type;
    }

    private Names names(Lines.Line line, Token.Field field, boolean databases) {
        List<BiPredicate<String, HbaClient>> words = new ArrayList<>();
        for (Token token : field.tokens()) {
            name(line, token, databases).ifPresent(words::add);
        }
        return new Names(words);
    }

    private Optional<BiPredicate<String, HbaClient>> name(Lines.Line line, Token token, boolean databases) {
        if (token.is("all")) {
            // As in PostgreSQL, "all" databases leave replication out.
            return Optional.of((name, client) -> !databases || !client.replication());
        }
        if (databases && token.is("replication")) {
            return Optional.of((name, client) -> client.replication());
        }
        if (databases && token.is("sameuser")) {
            return Optional.of((name, client) -> !client.replication() && name.equals(client.user()));
        }
        boolean membership = databases
                ? token.is("samerole") || token.is("samegroup")
                : !token.quoted() && token.text().startsWith("+");
        if (membership) {
            problems.add(
                    line.number(), token.column(), "\"" + token.text() + "\": the gateway knows no role membership");
            return Optional.empty();
        }
        if (!token.quoted() && token.text().startsWith("@")) {
            problems.add(
                    line.number(), token.column(), "\"" + token.text() + "\": lists in other files are not supported");
            return Optional.empty();
        }
        if (token.isPattern()) {
            return pattern(line, token)
                    .map(pattern -> (name, client) -> (!databases || !client.replication())
                            && pattern.matcher(name).find());
        }
        String wanted = token.text();
        return Optional.of((name, client) -> (!databases || !client.replication()) && name.equals(wanted));
    }

    private Optional<Pattern> pattern(Lines.Line line, Token token) {
        try {
            return Optional.of(Expressions.compile(token.text().substring(1)));
        } catch (PatternSyntaxException e) {
            problems.add(line.number(), token.column(), "malformed regular expression: " + e.getDescription());
            return Optional.empty();
        }
    }

    private List<Network> networks(Lines.Line line, Cursor cursor) {
        List<Network> networks = new ArrayList<>();
        Optional<Token.Field> field = cursor.next("address");
        if (field.isEmpty()) {
            return networks;
        }
        for (Token token : field.get().tokens()) {
            if (token.is("all")) {
                return List.of();
            }
            Optional<Network> network = token.text().indexOf('/') >= 0
                    ? Network.cidr(token.text())
                    : Network.literal(token.text())
                            .flatMap(address -> mask(cursor).flatMap(mask -> Network.masked(address, mask)));
            if (network.isEmpty()) {
                problems.add(
                        line.number(),
                        token.column(),
                        "\"" + token.text()
                                + "\" is no network (expected: all, ADDRESS/LENGTH, or ADDRESS and MASK; host names,"
                                + " samehost and samenet are not supported)");
            }
            network.ifPresent(networks::add);
        }
        return networks;
    }

    private static Optional<InetAddress> mask(Cursor cursor) {
        return cursor.next("mask").flatMap(field -> Network.literal(field.only().text()));
    }

    private Optional<HbaMethod> method(Lines.Line line, ConnectionType type, Token word) {
        Optional<HbaMethod> method = HbaMethod.of(word.text());
        if (method.isEmpty()) {
            problems.add(
                    line.number(),
                    word.column(),
                    (UNSUPPORTED_METHODS.contains(word.text())
                                    ? "method \"%s\" is not supported"
                                    : "unknown method \"%s\"")
                            .formatted(word.text()));
        }
        if (method.filter(m -> m == HbaMethod.CERT).isPresent() && type != ConnectionType.HOSTSSL) {
            problems.add(line.number(), word.column(), "cert is for hostssl rules only");
        }
        if (method.filter(m -> m == HbaMethod.PEER).isPresent() && type != ConnectionType.LOCAL) {
            problems.add(line.number(), word.column(), "peer is for local rules only");
        }
        return method;
    }

    private Map<String, String> options(Lines.Line line, Cursor cursor, ConnectionType type, HbaMethod method) {
        Map<String, String> options = new HashMap<>();
        while (cursor.hasNext()) {
            Token token = cursor.next("option").orElseThrow().only();
            int equals = token.text().indexOf('=');
            String name = equals < 0 ? token.text() : token.text().substring(0, equals);
            String value = equals < 0 ? "" : token.text().substring(equals + 1);
            if (equals < 0) {
                problems.add(line.number(), token.column(), "option \"" + name + "\" is not of the form name=value");
            } else if (name.equals("clientcert")) {
                boolean known = value.equals("verify-ca") || value.equals("verify-full");
                if (type != ConnectionType.HOSTSSL || !known) {
                    problems.add(
                            line.number(),
                            token.column(),
                            "clientcert is for hostssl rules (expected: verify-ca or verify-full)");
                }
            } else if (!method.takes(name)) {
                problems.add(
                        line.number(), token.column(), "method " + method.word() + " has no option \"" + name + "\"");
            }
            if (options.put(name, value) != null) {
                problems.add(line.number(), token.column(), "option \"" + name + "\" stands twice");
            }
        }
        return options;
    }

    /** Walks the fields of a line; what is missing is a problem of the line. */
    private final class Cursor {
        private final Lines.Line line;
        private int at;

        Cursor(Lines.Line line) {
            this.line = line;
        }

        boolean hasNext() {
            return at < line.fields().size();
        }

        Optional<Token.Field> next(String what) {
            if (!hasNext()) {
                Token.Field last = line.fields().getLast();
                problems.add(line.number(), last.column(), "the line ends before its " + what);
                return Optional.empty();
            }
            return Optional.of(line.fields().get(at++));
        }

        Optional<Token> single(String what) {
            Optional<Token.Field> field = next(what);
            if (field.isPresent() && field.get().tokens().size() > 1) {
                problems.add(line.number(), field.get().column(), "one " + what + " was expected, not a list");
                return Optional.empty();
            }
            return field.map(Token.Field::only);
        }
    }
}

package dev.postern.gateway.it;

import static dev.postern.gateway.it.harness.FrontendBytes.bind;
import static dev.postern.gateway.it.harness.FrontendBytes.closePortal;
import static dev.postern.gateway.it.harness.FrontendBytes.closeStatement;
import static dev.postern.gateway.it.harness.FrontendBytes.concat;
import static dev.postern.gateway.it.harness.FrontendBytes.describePortal;
import static dev.postern.gateway.it.harness.FrontendBytes.describeStatement;
import static dev.postern.gateway.it.harness.FrontendBytes.execute;
import static dev.postern.gateway.it.harness.FrontendBytes.flush;
import static dev.postern.gateway.it.harness.FrontendBytes.parse;
import static dev.postern.gateway.it.harness.FrontendBytes.query;
import static dev.postern.gateway.it.harness.FrontendBytes.sync;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Messages in random order, the last of which is Sync.
 *
 * @param words what they are, to be read
 * @param bytes what they are, to be sent
 */
record StatementMixture(List<String> words, byte[] bytes) {
    private static final List<String> NAMES = List.of("a", "b", "c", "d", "");
    private static final List<String> PORTALS = List.of("", "", "", "p");
    private static final List<String> TEXTS = List.of(
            "select 1 as n",
            "select 2 as n",
            "select 'x' as t",
            "select $1::int + 1 as n",
            "select 1 / $1::int as n",
            "select 1 / 0 as n",
            "selec 1",
            "select * from no_such_table",
            "set statement_timeout = 0",
            "",
            "begin",
            "commit",
            "rollback",
            "deallocate a",
            "deallocate all");
    private static final List<String> QUERIES = List.of(
            "select 1 as n",
            "select 1 / 0 as n",
            "begin",
            "begin",
            "commit",
            "rollback",
            "deallocate b",
            "deallocate all",
            "discard all");

    static StatementMixture random(RandomGenerator random) {
        List<String> words = new ArrayList<>();
        List<byte[]> messages = new ArrayList<>();
        int count = 1 + random.nextInt(24);
        for (int i = 0; i < count; i++) {
            add(random, words, messages);
        }
        words.add("sync");
        messages.add(sync());
        return new StatementMixture(words, concat(messages.toArray(byte[][]::new)));
    }

    private static void add(RandomGenerator random, List<String> words, List<byte[]> messages) {
        String name = pick(random, NAMES);
        String portal = pick(random, PORTALS);
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> {
                String text = pick(random, TEXTS);
                words.add("parse " + name + " '" + text + "'");
                messages.add(parse(name, text));
            }
            case 4, 5, 6 -> {
                boolean parameter = random.nextBoolean();
                words.add("bind " + name + (parameter ? "(1)" : "") + (portal.isEmpty() ? "" : " as " + portal));
                messages.add(parameter ? bind(portal, name, "1") : bind(portal, name));
            }
            case 7, 8 -> {
                words.add("execute " + portal);
                messages.add(execute(portal, 0));
            }
            case 9 -> {
                words.add("describe " + name);
                messages.add(describeStatement(name));
            }
            case 10, 11 -> {
                words.add("close " + name);
                messages.add(closeStatement(name));
            }
            case 12 -> addRare(random, portal, words, messages);
            default -> {
                words.add("sync");
                messages.add(sync());
            }
        }
    }

    private static void addRare(RandomGenerator random, String portal, List<String> words, List<byte[]> messages) {
        switch (random.nextInt(6)) {
            case 0 -> {
                words.add("describe portal " + portal);
                messages.add(describePortal(portal));
            }
            case 1 -> {
                words.add("close portal " + portal);
                messages.add(closePortal(portal));
            }
            case 2 -> {
                words.add("flush");
                messages.add(flush());
            }
            default -> {
                String text = pick(random, QUERIES);
                words.add("query '" + text + "'");
                messages.add(query(text));
            }
        }
    }

    private static String pick(RandomGenerator random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}

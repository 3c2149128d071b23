package dev.postern.auth.hba;

import java.util.List;
import java.util.function.BiPredicate;

/** One field of databases or users: it matches when one of its words does. */
record Names(List<BiPredicate<String, HbaClient>> words) {
    boolean match(String name, HbaClient client) {
        return words.stream().anyMatch(word -> word.test(name, client));
    }
}

package dev.postern.gateway.config.yaml;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that was meant: another spelling (max_client_conn), or a few letters off. */
final class DidYouMean {
    private DidYouMean() {}

    static Optional<String> among(Collection<String> words, String written) {
        String plain = plain(written);
        return words.stream()
                .filter(word -> distance(plain(word), plain) <= Math.max(1, Math.min(3, word.length() / 3)))
                .min(Comparator.comparingInt((String word) -> distance(plain(word), plain))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static String plain(String word) {
        String shortened = word.length() > 100 ? word.substring(0, 100) : word;
        return shortened.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
    }

    /** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            cost[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            cost[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int replace = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(replace, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}

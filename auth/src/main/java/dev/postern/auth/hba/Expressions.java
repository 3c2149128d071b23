package dev.postern.auth.hba;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** PostgreSQL's regular expressions, compared as in locale C. What Java reads otherwise is translated, or refused. */
final class Expressions {
    private static final Pattern CLASS =
            Pattern.compile("\\[:(alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit):]");

    private Expressions() {}

    /** @throws PatternSyntaxException where it is none, or one that Java has not */
    static Pattern compile(String text) {
        String translated = CLASS.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement("\\p{" + javaName(found.group(1)) + "}"));
        for (String untranslated : new String[] {"[:", "[.", "[="}) {
            int at = translated.indexOf("[" + untranslated);
            if (at >= 0) {
                throw new PatternSyntaxException("what stands in " + untranslated + " is not supported", text, at);
            }
        }
        return Pattern.compile(translated, Pattern.DOTALL);
    }

    private static String javaName(String posix) {
        return posix.equals("xdigit") ? "XDigit" : posix.substring(0, 1).toUpperCase(Locale.ROOT) + posix.substring(1);
    }
}

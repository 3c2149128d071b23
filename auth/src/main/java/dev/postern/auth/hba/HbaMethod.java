package dev.postern.auth.hba;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The methods a rule may name, and the options each takes. */
public enum HbaMethod {
    TRUST,
    REJECT,
    SCRAM_SHA_256,
    MD5,
    PASSWORD,
    CERT("map"),
    PEER("map"),
    LDAP,
    OAUTH,
    JWT,
    KUBERNETES;

    private final Set<String> options;

    HbaMethod(String... options) {
        this.options = Set.of(options);
    }

    /** As written in the file. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<HbaMethod> of(String word) {
        for (HbaMethod method : values()) {
            if (method.word().equals(word)) {
                return Optional.of(method);
            }
        }
        return Optional.empty();
    }

    boolean takes(String option) {
        return options.contains(option);
    }
}

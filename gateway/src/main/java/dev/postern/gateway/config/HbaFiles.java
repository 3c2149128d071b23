package dev.postern.gateway.config;

import dev.postern.auth.hba.HbaMethod;
import dev.postern.auth.hba.HbaRule;
import dev.postern.auth.hba.HbaRules;
import dev.postern.auth.hba.IdentMaps;
import dev.postern.gateway.config.yaml.KeyPath;
import dev.postern.gateway.config.yaml.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Files in the form of pg_hba.conf and pg_ident.conf: read for a check, a start and each change. */
public final class HbaFiles {
    private HbaFiles() {}

    /**
     * What the files say together.
     *
     * @param problems each with its file, line and column; rules and maps are to be used only where there are none
     */
    public record Read(HbaRules rules, IdentMaps maps, List<String> problems) {}

    /** Reads files: for a thread that may block. */
    public static Read read(ClientAuthConfig.Hba config) throws IOException {
        HbaRules.Parsed rules = HbaRules.parse(config.file().toString(), Files.readString(config.file()));
        Optional<Path> identFile = config.identFile();
        IdentMaps.Parsed maps = identFile.isPresent()
                ? IdentMaps.parse(identFile.get().toString(), Files.readString(identFile.get()))
                : IdentMaps.parse("", "");
        List<String> problems = new ArrayList<>(rules.problems());
        problems.addAll(maps.problems());
        for (HbaRule rule : rules.rules().rules()) {
            rule.option("map")
                    .filter(map -> !maps.maps().has(map))
                    .ifPresent(map -> problems.add(rule.place() + ": there is no map \"" + map + "\" in identFile"));
            missing(config, rule.method())
                    .ifPresent(key -> problems.add(
                            rule.place() + ": " + rule.method().word() + " needs " + key + " beside the rules"));
        }
        return new Read(rules.rules(), maps.maps(), problems);
    }

    private static Optional<String> missing(ClientAuthConfig.Hba config, HbaMethod method) {
        boolean there = switch (method) {
            case TRUST, REJECT, CERT, PEER -> true;
            case SCRAM_SHA_256, MD5, PASSWORD ->
                !config.users().isEmpty()
                        || config.usersFile().isPresent()
                        || config.authQuery().isPresent();
            case JWT, OAUTH -> config.jwt().isPresent();
            case KUBERNETES -> config.tokenReview().isPresent();
            case LDAP -> config.ldap().isPresent();
        };
        if (there) {
            return Optional.empty();
        }
        return Optional.of(
                switch (method) {
                    case JWT, OAUTH -> "jwt";
                    case KUBERNETES -> "tokenReview";
                    case LDAP -> "ldap";
                    default -> "users, usersFile or authQuery";
                });
    }

    static void check(ClientAuthConfig.Hba config, KeyPath path, Problems problems) {
        if (problems.isSettled(path.child("file")) || problems.isSettled(path.child("identFile"))) {
            return;
        }
        try {
            read(config)
                    .problems()
                    .forEach(problem -> problems.report(path.child("file"), problem, "rules as in pg_hba.conf"));
        } catch (IOException e) {
            problems.report(path.child("file"), "cannot be read: " + e.getMessage(), "rules as in pg_hba.conf");
        }
    }
}

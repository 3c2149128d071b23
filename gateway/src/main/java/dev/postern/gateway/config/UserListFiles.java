package dev.postern.gateway.config;

import dev.postern.gateway.config.yaml.KeyPath;
import dev.postern.gateway.config.yaml.Problems;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Looks into every {@code usersFile}: what is wrong there is reported with that file's own positions. */
final class UserListFiles {
    private UserListFiles() {}

    static void check(GatewayConfig config, Problems problems) {
        for (int i = 0; i < config.routes().size(); i++) {
            ClientAuthConfig clientAuth = config.routes().get(i).clientAuth();
            if (clientAuth instanceof ClientAuthConfig.WithUsers method) {
                KeyPath path = KeyPath.ROOT.child("routes").element(i).child("clientAuth");
                method.usersFile()
                        .ifPresent(file -> check(file, path.child(key(method)).child("usersFile"), problems));
            }
            if (clientAuth instanceof ClientAuthConfig.Hba hba) {
                KeyPath path = KeyPath.ROOT
                        .child("routes")
                        .element(i)
                        .child("clientAuth")
                        .child("hba");
                hba.usersFile().ifPresent(file -> check(file, path.child("usersFile"), problems));
                HbaFiles.check(hba, path, problems);
            }
        }
    }

    private static void check(Path file, KeyPath path, Problems problems) {
        if (problems.isSettled(path)) {
            return;
        }
        try {
            UserList.parse(Files.readString(file), file.toString()).problems().forEach(problems::report);
        } catch (CharacterCodingException e) {
            problems.report(path, "the file " + file + " is not UTF-8 text", "a list of users");
        } catch (IOException e) {
            problems.report(path, "the file " + file + " cannot be read: " + e.getMessage(), "a list of users");
        }
    }

    private static String key(ClientAuthConfig.WithUsers method) {
        return switch (method) {
            case ClientAuthConfig.Scram _ -> "scram";
            case ClientAuthConfig.Md5 _ -> "md5";
            case ClientAuthConfig.Password _ -> "password";
        };
    }
}

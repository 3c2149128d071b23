package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.postern.gateway.config.yaml.Problem;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Damaged files: always a result, and problems an operator can use. */
class ConfigFuzzTest {
    private static final int ROUNDS = 2_000;
    private static final String PIECES = "{}[]:,-#&*!|>'\"%@`$?~\n\t \u0000\ud800\u2028é0aé${HOME:-x}";

    @Test
    void givesAResultForAnyDamage() {
        Random random = new Random(20261122);
        int rejected = 0;
        for (int i = 0; i < ROUNDS; i++) {
            String yaml = damaged(random, EXAMPLE);

            ConfigResult result = ConfigFixture.parse(yaml, Map.of());

            if (result instanceof ConfigResult.Rejected(List<Problem> problems)) {
                rejected++;
                long lines = yaml.lines().count() + 1;
                assertThat(problems).isNotEmpty().isSorted();
                assertThat(problems.stream().filter(problem -> !isUseful(problem, lines)))
                        .as(yaml)
                        .isEmpty();
            }
        }
        assertThat(rejected).as("most damage is found").isGreaterThan(ROUNDS / 2);
    }

    private static boolean isUseful(Problem problem, long lines) {
        String printed = problem.toString();
        return printed.chars().noneMatch(Character::isISOControl)
                && problem.line() >= 1
                && problem.line() <= lines
                && problem.column() >= 1;
    }

    private static String damaged(Random random, String yaml) {
        StringBuilder text = new StringBuilder(yaml);
        for (int hits = 1 + random.nextInt(4); hits > 0; hits--) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> text.delete(at, end);
                case 1 -> text.insert(at, PIECES.charAt(random.nextInt(PIECES.length())));
                case 2 -> text.insert(random.nextInt(text.length()), text.substring(at, end));
                default -> text.setCharAt(at, PIECES.charAt(random.nextInt(PIECES.length())));
            }
        }
        return text.toString();
    }

    private static final String EXAMPLE = """
            listeners:
              - name: public
                address: 0.0.0.0:5432
                tls:
                  mode: require
                  certificates: [{certFile: /tls/tls.crt, keyFile: /tls/tls.key}]
                  clientCaFile: client-ca.crt
            vaultConnections:
              main: {address: "https://vault:8200", auth: {kubernetes: {role: postern}}}
            routes:
              - name: orders
                match: {databases: [orders, "t_*"], serverNames: [orders.db.example.com]}
                backend: {hosts: ["pg-a:5432"], tls: {mode: verify-full, caFile: /pg/ca.crt}}
                clientAuth: {scram: {users: {app: {secretFile: /users/app}, b: {password: x}}}}
                credentials: {vault: {connection: main, path: database/creds/orders-app}}
                access: {allowCidrs: [0.0.0.0/0], allowSuperuser: false}
                pool: {mode: transaction, defaultPoolSize: 20, queryWaitTimeout: 2m}
            admin: {address: 127.0.0.1:9090, consoleUsers: [admin]}
            """;
}

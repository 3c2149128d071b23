package dev.postern.auth.credentials.rds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.postern.auth.Secret;
import dev.postern.auth.credentials.json.Json;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RDS tokens against AWS' own Python library, token by token. */
class BotocoreIT {
    private static final String PYTHON =
            Optional.ofNullable(System.getenv("BOTOCORE_PYTHON")).orElse("python3");
    private static final int COUNT = 200;
    private static final String LETTERS = "abcXYZ019_-.~ +/=&%$@:;,!*'()äß";

    @TempDir
    Path folder;

    private final Random random = new Random(42);

    private record Wanted(AwsCredentials credentials, String host, int port, String user, String region, Instant at) {
        Map<String, Object> json() {
            return Map.of(
                    "id",
                    credentials.accessKeyId(),
                    "secret",
                    credentials.secretAccessKey().reveal(),
                    "session",
                    credentials.sessionToken().map(Secret::reveal).orElse(""),
                    "host",
                    host,
                    "port",
                    (long) port,
                    "user",
                    user,
                    "region",
                    region,
                    "time",
                    at.toString());
        }

        String token() {
            return RdsToken.sign(host, port, user, region, credentials, at).reveal();
        }
    }

    private String text(int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }

    private Wanted wanted() {
        String region = List.of("us-east-1", "eu-central-1", "cn-north-1").get(random.nextInt(3));
        return new Wanted(
                new AwsCredentials(
                        "ASIA" + random.nextInt(1_000_000),
                        Secret.ofText("k" + text(39)),
                        random.nextBoolean() ? Optional.of(Secret.ofText("t" + text(300))) : Optional.empty(),
                        Instant.MAX),
                "db" + random.nextInt(1000) + ".abc." + region + ".rds.amazonaws.com",
                1024 + random.nextInt(60_000),
                "u" + text(random.nextInt(20)),
                region,
                Instant.ofEpochSecond(1_700_000_000L + random.nextInt(100_000_000)));
    }

    @Test
    void everyTokenIsTheSame() throws Exception {
        assumeTrue(hasBotocore(), "no Python with botocore (BOTOCORE_PYTHON=$(scripts/botocore-python))");
        List<Wanted> all = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            all.add(wanted());
        }
        Path requests = folder.resolve("requests.json");
        StringBuilder json = new StringBuilder("[");
        for (Wanted wanted : all) {
            json.append(json.length() == 1 ? "" : ",")
                    .append(new String(Json.write(wanted.json()), StandardCharsets.UTF_8));
        }
        Files.writeString(requests, json.append("]"));

        List<String> theirs = run(List.of(PYTHON, script().toString()), requests.toFile());

        assertThat(theirs).hasSize(COUNT);
        for (int i = 0; i < COUNT; i++) {
            // The order of parameters in the text is free: what is signed is sorted.
            assertThat(parameters(all.get(i).token())).isEqualTo(parameters(theirs.get(i)));
        }
    }

    private static Set<String> parameters(String token) {
        return Set.of(token.split("[?&]", -1));
    }

    private static Path script() throws URISyntaxException {
        return Path.of(Objects.requireNonNull(BotocoreIT.class.getResource("tokens.py"))
                .toURI());
    }

    private boolean hasBotocore() throws InterruptedException {
        try {
            return new ProcessBuilder(PYTHON, "-c", "import botocore")
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("probe.txt").toFile())
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        }
    }

    private List<String> run(List<String> command, File input) throws IOException, InterruptedException {
        Path errors = folder.resolve("errors.txt");
        Path output = folder.resolve("tokens.txt");
        Process process = new ProcessBuilder(command)
                .redirectInput(input)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
        return Files.readAllLines(output);
    }
}

package dev.postern.gateway.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The databases that the environment of PgBouncer's container images lists. */
class IniEnvironmentTest {
    @TempDir
    private Path folder;

    @Test
    void databasesOfTheEnvironmentStandBesideThoseOfTheFile() throws IOException {
        Path file = Files.writeString(folder.resolve("pgbouncer.ini"), """
                [databases]
                orders = host=in-file port=5432 user=u password=p
                other = host=in-file port=5432 user=u password=p
                [pgbouncer]
                listen_port = 6432
                auth_type = any
                """);
        Conversion conversion = IniConverter.convert(
                file,
                Map.of(
                        "PGBOUNCER_DSN_0", "orders=host=from-environment port=5433 dbname=o user=u password=p",
                        "PGBOUNCER_DSN_10", "ten=host=ten user=u password=p",
                        "PGBOUNCER_DSN_2", "two = host=two user=u password=p",
                        "PGBOUNCER_DSN_3", "nonsense",
                        "PGBOUNCER_DSN_X", "x=host=x"));
        assertThat(conversion.yaml())
                .contains("from-environment:5433")
                .containsSubsequence("two", "ten")
                .doesNotContain("nonsense");
        assertThat(conversion.yaml().split("in-file", -1))
                .as("only the other one's")
                .hasSize(2);
        assertThat(conversion.notes().stream().map(Object::toString).toList())
                .anyMatch(note -> note.startsWith("environment variable PGBOUNCER_DSN_3: "));
    }
}

package dev.postern.gateway.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DidYouMeanTest {
    private static final List<String> WORDS = List.of("mode", "hosts", "maxClientConn", "serverLifetime", "tls");

    @ParameterizedTest
    @CsvSource({
        "host, hosts",
        "hosst, hosts",
        "ohsts, hosts",
        "max_client_conn, maxClientConn",
        "MAXCLIENTCONN, maxClientConn",
        "server-life-time, serverLifetime",
        "tsl, tls",
        "mod, mode",
    })
    void findsTheWordThatWasMeant(String written, String meant) {
        assertThat(DidYouMean.among(WORDS, written)).contains(meant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "database", "lifetime", "client"})
    void doesNotGuessWildly(String written) {
        assertThat(DidYouMean.among(WORDS, written)).isEmpty();
    }
}

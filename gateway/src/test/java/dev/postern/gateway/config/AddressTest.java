package dev.postern.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0:5432, 0.0.0.0, 5432, false",
        "127.0.0.1:0, 127.0.0.1, 0, true",
        "127.8.9.1:1, 127.8.9.1, 1, true",
        "localhost:6432, localhost, 6432, true",
        "[::1]:6432, ::1, 6432, true",
        "[::]:6432, ::, 6432, false",
        "gateway.example.com:65535, gateway.example.com, 65535, false",
    })
    void readsListenAddresses(String text, String host, int port, boolean loopback) {
        ListenAddress address = ListenAddress.parse(text);

        assertThat(address).isEqualTo(new ListenAddress(host, port));
        assertThat(address.isLoopback()).isEqualTo(loopback);
        assertThat(address.toString()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"pg-a:5433, pg-a, 5433", "pg_a, pg_a, 5432", "[fd00::1], fd00::1, 5432", "10.0.0.1, 10.0.0.1, 5432"})
    void readsBackendHostsWithPostgresPortAsDefault(String text, String host, int port) {
        assertThat(BackendHost.parse(text)).isEqualTo(new BackendHost(host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":1",
                "a:",
                "a:x",
                "a:65536",
                "a:-1",
                "a:1:2",
                "::1",
                "[::1",
                "[x]:1",
                "[1.2.3.4]:1",
                "[::1]x",
                "1.2.3:1",
                "1.2.3.256",
                "a b",
                "-a",
                "a-",
                "a..b",
                "http://a",
                "a:0"
            })
    void refusesOtherHosts(String text) {
        assertThatThrownBy(() -> BackendHost.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "192.168.4.0/22, 192.168.7.255, true",
        "192.168.4.0/22, 192.168.8.0, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, ::1, false",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
    })
    void knowsWhatANetworkContains(String cidr, String address, boolean contains) {
        assertThat(Cidr.parse(cidr).contains(InetAddress.ofLiteral(address))).isEqualTo(contains);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.0/8/8", "/8"})
    void refusesOtherNetworks(String text) {
        assertThatThrownBy(() -> Cidr.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0B", "512B, 512, 512B", "64kB, 65536, 64kB", "1MB, 1048576, 1MB", "2GB, 2147483648, 2GB"})
    void readsSizes(String text, long bytes, String printed) {
        assertThat(ByteSize.parse(text)).isEqualTo(new ByteSize(bytes));
        assertThat(ByteSize.parse(text).toString()).isEqualTo(printed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "5kb", "5 MB", "-1B", "1.5MB", "9999999999GB"})
    void refusesOtherSizes(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}

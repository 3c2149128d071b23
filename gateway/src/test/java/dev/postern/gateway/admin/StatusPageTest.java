package dev.postern.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusPageTest {
    @Test
    void showsRoutesPoolsListenersAndVersion() {
        assertThat(StatusPage.of(Reports.of("orders_db")))
                .contains(
                        "version 1.2.3",
                        "<td>127.0.0.1:6432</td>",
                        "db.example.com (EC-256) until 1970-01-24T03:33:20Z",
                        "<td>orders_db</td><td class=\"n\">31</td><td class=\"n\">30</td><td class=\"n\">29</td>"
                                + "<td class=\"n\">32</td><td>37.5 s</td>",
                        "role v-orders, generation 22, 23.0 s left",
                        "permission denied (1970-01-01T00:00:26Z)",
                        "<td>bad_password</td><td class=\"n\">17</td>",
                        "prepared statements take 19 bytes of 20 at most",
                        "ready<br>");
    }

    @Test
    void saysWhyItIsNotReady() {
        assertThat(StatusPage.of(Reports.of("orders", Optional.of("draining"))))
                .contains("<span class=\"bad\">not ready: draining</span>");
    }

    @Test
    void escapesADatabaseNameThatAClientChose() {
        assertThat(StatusPage.of(Reports.of("<script>'&\"")))
                .contains("<td>&lt;script&gt;&#39;&amp;&quot;</td>")
                .doesNotContain("<script");
    }
}

package dev.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SystemUsersTest {
    @Test
    void findsTheNameOfAUserId() {
        List<String> lines =
                List.of("root:x:0:0:root:/root:/bin/sh", "", "half:x", "ann:x:1000:100::/home/ann:", ":x:7:7::");
        assertThat(SystemUsers.nameIn(lines, 0)).contains("root");
        assertThat(SystemUsers.nameIn(lines, 1000)).contains("ann");
        assertThat(SystemUsers.nameIn(lines, 100)).isEmpty();
        assertThat(SystemUsers.nameIn(lines, 7)).isEmpty();
        assertThat(SystemUsers.nameIn(List.of("far:x:4294967294:1::/:"), -2)).contains("far");
    }
}

package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentityTest {
    @Test
    void readsEveryNameOfACertificate() throws Exception {
        X509Certificate certificate = Pki.selfSigned(Pki.builder("CN=alice,OU=Sales,O=Example")
                        .addSanDnsName("Alice.example.com")
                        .addSanRfc822Name("alice@example.com")
                        .addSanUriName("spiffe://example.com/ns/prod/sa/alice")
                        .addSanIpAddress("10.0.0.1"))
                .getCertificate();
        ClientIdentity identity = ClientIdentity.of(certificate);
        assertThat(identity.names(IdentitySource.COMMON_NAME)).containsExactly("alice");
        assertThat(identity.names(IdentitySource.DISTINGUISHED_NAME)).containsExactly("CN=alice,OU=Sales,O=Example");
        assertThat(identity.names(IdentitySource.SAN_DNS)).containsExactly("Alice.example.com");
        assertThat(identity.names(IdentitySource.SAN_EMAIL)).containsExactly("alice@example.com");
        assertThat(identity.names(IdentitySource.SAN_URI)).containsExactly("spiffe://example.com/ns/prod/sa/alice");
    }

    @Test
    void hasNoNameWhereThereIsNone() throws Exception {
        ClientIdentity identity =
                ClientIdentity.of(Pki.selfSigned(Pki.builder("O=Example")).getCertificate());
        assertThat(identity.names(IdentitySource.COMMON_NAME)).isEmpty();
        assertThat(identity.names(IdentitySource.SAN_DNS)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'CN=a\\,b', 'a,b'", "'CN=outer,CN=inner', outer", "'CN=x+OU=y', x", "'OU=y+CN=x', x"})
    void readsAwkwardSubjects(String subject, String commonName) throws Exception {
        X509Certificate certificate = Pki.selfSigned(Pki.builder(subject)).getCertificate();
        assertThat(ClientIdentity.of(certificate).commonName()).contains(commonName);
    }

    @Test
    void leavesOutANameWithANul() throws Exception {
        X509Certificate certificate =
                Pki.selfSigned(Pki.builder("CN=admin\0.evil.com")).getCertificate();
        assertThat(ClientIdentity.of(certificate).commonName()).isEmpty();
    }

    @Test
    void mapsToTheRoleOfTheSameNameWithoutMappings() {
        assertThat(IdentityMap.SAME_NAME.allows("alice", "alice")).isTrue();
        assertThat(IdentityMap.SAME_NAME.allows("alice", "Alice")).isFalse();
        assertThat(IdentityMap.SAME_NAME.allows(List.of(), "alice")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "alice, app, alice, app, true",
        "alice, app, alice, alice, false",
        "alice, app, alice2, app, false",
        "alice, all, alice, anything, true",
        "'/^(.*)@example\\.com$', '\\1', alice@example.com, alice, true",
        "'/^(.*)@example\\.com$', '\\1', alice@example.com, bob, false",
        "'/^(.*)@example\\.com$', '\\1', alice@example.com.evil.org, alice, false",
        "'/^(.*)@example\\.com$', 'app_\\1_ro', alice@example.com, app_alice_ro, true",
        "'/^(.*)@example\\.com$', guest, alice@example.com, guest, true",
        "'/example', guest, alice@example.com, guest, true",
        "'/^(.*)@example\\.com$', '\\1', @example.com, '', false",
        "'/^(.*)@example\\.com$', '\\1', all@example.com, postgres, false",
        "'/^(.*)@example\\.com$', '\\1', /.@example.com, x, false",
        "alice, '/^app_', alice, app_rw, true",
        "alice, '/^app_', alice, postgres, false",
        "'/^(a)|b$', '\\1', b, '', false"
    })
    void mapsAsPgIdentDoes(String identity, String role, String name, String requested, boolean allowed) {
        IdentityMap map = new IdentityMap(List.of(IdentityMapping.of(identity, role)));
        assertThat(map.allows(name, requested)).isEqualTo(allowed);
    }

    @Test
    void isSatisfiedByAnyNameAndAnyMapping() {
        IdentityMap map = new IdentityMap(List.of(IdentityMapping.of("a", "one"), IdentityMapping.of("b", "two")));
        assertThat(map.allows(List.of("x", "b"), "two")).isTrue();
        assertThat(map.allows(List.of("x", "b"), "one")).isFalse();
    }

    @Test
    void refusesMappingsThatCannotWork() {
        assertThatThrownBy(() -> IdentityMapping.of("/(", "app"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("regular expression (: ");
        assertThatThrownBy(() -> IdentityMapping.of("/^alice$", "\\1"))
                .hasMessage("role \\1 refers to a group, and identity /^alice$ has none (expected: /...(...))");
        assertThatThrownBy(() -> IdentityMapping.of("", "app")).isInstanceOf(IllegalArgumentException.class);
    }
}

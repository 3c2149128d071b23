package dev.postern.gateway.pgbouncer;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The keys {@code client_tls_*} and {@code server_tls_*} as objects {@code tls} of ours. Where something is missing or wrong
 * the outcome does not pass the check: nothing is less encrypted or verified than the file says.
 */
final class IniTls {
    /** OpenSSL's names of curves, and ours. */
    private static final Map<String, String> GROUPS = Map.of(
            "prime256v1", "P-256",
            "secp384r1", "P-384",
            "secp521r1", "P-521",
            "X25519", "X25519");

    private static final Set<String> MODES =
            Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

    private final IniSettings settings;

    IniTls(IniSettings settings) {
        this.settings = settings;
    }

    /** Of every listener on TCP. */
    String client() {
        String mode = settings.get("client_tls_sslmode").orElse("disable");
        if (!MODES.contains(mode)) {
            return "{mode: " + IniSettings.quoted(mode) + "}";
        }
        if (mode.equals("disable")) {
            return "{mode: disable}";
        }
        Optional<String> certificate = settings.get("client_tls_cert_file");
        Optional<String> key = settings.get("client_tls_key_file");
        StringBuilder tls = new StringBuilder("{mode: ")
                .append(mode.equals("allow") || mode.equals("prefer") ? "allow" : "require");
        if (certificate.isPresent() && key.isPresent()) {
            tls.append(", certificates: [{certFile: ")
                    .append(IniSettings.path(certificate.get()))
                    .append(", keyFile: ")
                    .append(IniSettings.path(key.get()))
                    .append("}]");
        }
        clientCertificates(tls, mode);
        protocols().ifPresent(oldest -> tls.append(", minProtocol: ").append(oldest));
        groups().ifPresent(list -> tls.append(", groups: ").append(list));
        return tls.append('}').toString();
    }

    private void clientCertificates(StringBuilder tls, String mode) {
        Optional<String> ca = settings.get("client_tls_ca_file");
        boolean verify = mode.startsWith("verify");
        boolean byCertificate = settings.get("auth_type").filter("cert"::equals).isPresent();
        ca.filter(file ->
                        verify || byCertificate || settings.get("auth_hba_file").isPresent())
                .ifPresent(file -> tls.append(", clientCaFile: ").append(IniSettings.path(file)));
        if (verify) {
            tls.append(", clientCertificates: required");
        }
    }

    private Optional<String> protocols() {
        Optional<String> wanted = settings.get("client_tls_protocols");
        if (wanted.isEmpty() || wanted.get().equals("secure")) {
            return Optional.empty();
        }
        List<String> names =
                Arrays.stream(wanted.get().split("[,:]")).map(String::strip).toList();
        if (names.equals(List.of("tlsv1.3"))) {
            return Optional.of("TLSv1.3");
        }
        if (!Set.copyOf(names).equals(Set.of("tlsv1.2", "tlsv1.3"))) {
            settings.note("client_tls_protocols", wanted.get() + ": TLS 1.2 and 1.3 are spoken, nothing older");
        }
        return Optional.empty();
    }

    private Optional<String> groups() {
        Optional<String> curve = settings.get("client_tls_ecdhcurve").filter(name -> !name.equals("auto"));
        if (curve.isPresent() && !GROUPS.containsKey(curve.get())) {
            settings.note(
                    "client_tls_ecdhcurve", curve.get() + " is not known; left out: the library's groups instead");
        }
        return curve.map(GROUPS::get).map(group -> "[" + group + "]");
    }

    /** Of every backend. */
    String server() {
        String mode = settings.get("server_tls_sslmode").orElse("prefer");
        Optional<String> ca = settings.get("server_tls_ca_file");
        if (!MODES.contains(mode)) {
            return "{mode: " + IniSettings.quoted(mode) + "}";
        }
        StringBuilder tls = new StringBuilder("{mode: ").append(mode);
        if (mode.startsWith("verify")) {
            ca.ifPresent(file -> tls.append(", caFile: ").append(IniSettings.path(file)));
        }
        Optional<String> certificate = settings.get("server_tls_cert_file");
        Optional<String> key = settings.get("server_tls_key_file");
        if (!mode.equals("disable") && certificate.isPresent() && key.isPresent()) {
            tls.append(", certFile: ")
                    .append(IniSettings.path(certificate.get()))
                    .append(", keyFile: ")
                    .append(IniSettings.path(key.get()));
        }
        return tls.append('}').toString();
    }
}

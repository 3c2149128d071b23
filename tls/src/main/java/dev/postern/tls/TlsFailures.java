package dev.postern.tls;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.OpenSslCertificateException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** Failed handshakes in words, for the operator's log. */
public final class TlsFailures {
    /** {@code error:10000416:SSL routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_UNKNOWN} to its last part. */
    private static final Pattern LIBRARY_ERROR = Pattern.compile("error:[0-9a-fA-F]+:[^:]*:[^:]*:([A-Z0-9_]+)");

    private static final Pattern ALERT = Pattern.compile("(?:SSLV3|TLSV1)_(?:ALERT_)?([A-Z0-9_]+)");

    private static final Map<String, String> MEANINGS = Map.ofEntries(
            Map.entry("UNSUPPORTED_PROTOCOL", "no TLS version in common with the peer"),
            Map.entry("NO_SHARED_CIPHER", "no cipher suite in common with the peer"),
            Map.entry("NO_SHARED_GROUP", "no key exchange group in common with the peer"),
            Map.entry(
                    "NO_COMMON_SIGNATURE_ALGORITHMS",
                    "no signature algorithm in common with the peer: it cannot verify this type of certificate"),
            Map.entry("WRONG_VERSION_NUMBER", "the peer does not answer with TLS"),
            Map.entry("HTTP_REQUEST", "the peer speaks HTTP, not TLS"),
            Map.entry("HTTPS_PROXY_REQUEST", "the peer speaks HTTP, not TLS"),
            Map.entry("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the client sent no certificate (expected: one)"),
            Map.entry("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"));

    private static final Map<String, String> ALERT_HINTS = Map.ofEntries(
            Map.entry("UNKNOWN_CA", "it does not trust the CA of our certificate"),
            Map.entry("CERTIFICATE_UNKNOWN", "it did not accept our certificate"),
            Map.entry("BAD_CERTIFICATE", "it did not accept our certificate"),
            Map.entry("UNSUPPORTED_CERTIFICATE", "it did not accept our type of certificate"),
            Map.entry("CERTIFICATE_EXPIRED", "our certificate has expired"),
            Map.entry("CERTIFICATE_REVOKED", "our certificate is revoked"),
            Map.entry("CERTIFICATE_REQUIRED", "it wants a client certificate"),
            Map.entry("PROTOCOL_VERSION", "it speaks none of our TLS versions"),
            Map.entry("HANDSHAKE_FAILURE", "it found no common parameters, or wants a client certificate"),
            Map.entry("NO_APPLICATION_PROTOCOL", "it speaks none of the ALPN protocols offered"),
            Map.entry("UNRECOGNIZED_NAME", "it does not know the server name we sent"));

    private TlsFailures() {}

    /**
     * What went wrong, in one line, without the name of the peer: libpq's words for a certificate that is refused
     * ({@code certificate verify failed: ...}), the name of an alert, the meaning of the library's error.
     *
     * @param failure the cause of a {@code SslHandshakeCompletionEvent}, or of a failed handshake future
     */
    public static String explain(Throwable failure) {
        Optional<Throwable> next = Optional.of(failure);
        String fallback = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        for (int depth = 0; depth < 10 && next.isPresent(); depth++) {
            Optional<String> text = explainOne(next.get());
            if (text.isPresent()) {
                return text.get();
            }
            next = Optional.ofNullable(next.get().getCause());
        }
        return fallback;
    }

    private static Optional<String> explainOne(Throwable failure) {
        String message = failure.getMessage() == null ? "" : failure.getMessage();
        return switch (failure) {
            case OpenSslCertificateException refused -> Optional.of(message);
            // The exception quotes what was received, which may be a password sent in the clear.
            case NotSslRecordException notTls -> Optional.of("the peer does not answer with TLS");
            case ClosedChannelException closed ->
                Optional.of("the peer closed the connection during the TLS handshake");
            case SSLException library -> libraryError(message);
            default -> Optional.empty();
        };
    }

    private static Optional<String> libraryError(String message) {
        Matcher error = LIBRARY_ERROR.matcher(message);
        if (!error.find()) {
            return message.contains("closed")
                    ? Optional.of("the peer closed the connection during the TLS handshake")
                    : Optional.empty();
        }
        String reason = error.group(1);
        String meaning = MEANINGS.getOrDefault(reason, "");
        if (!meaning.isEmpty()) {
            return Optional.of(meaning);
        }
        Matcher alert = ALERT.matcher(reason);
        if (alert.matches()) {
            String name = alert.group(1);
            String hint = ALERT_HINTS.getOrDefault(name, "");
            return Optional.of("the peer sent the TLS alert " + name.toLowerCase(Locale.ROOT)
                    + (hint.isEmpty() ? "" : ": " + hint));
        }
        return Optional.of("TLS error " + reason.toLowerCase(Locale.ROOT));
    }
}

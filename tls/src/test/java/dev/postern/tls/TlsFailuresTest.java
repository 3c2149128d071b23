package dev.postern.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Those that need a handshake are in the tests of both sides. */
class TlsFailuresTest {
    @ParameterizedTest
    @CsvSource({
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN, the peer sent the TLS alert certificate_unknown: it did not accept our certificate",
        "TLSV1_ALERT_UNKNOWN_CA, the peer sent the TLS alert unknown_ca: it does not trust the CA of our certificate",
        "TLSV1_ALERT_INTERNAL_ERROR, the peer sent the TLS alert internal_error",
        "TLSV1_UNRECOGNIZED_NAME, the peer sent the TLS alert unrecognized_name: it does not know the server name we sent",
        "NO_SHARED_CIPHER, no cipher suite in common with the peer",
        "BAD_DECRYPT, TLS error bad_decrypt"
    })
    void readsTheLibrarysErrors(String reason, String explanation) {
        SSLException failure = new SSLException("error:1000007d:SSL routines:OPENSSL_internal:" + reason);
        assertThat(TlsFailures.explain(failure)).isEqualTo(explanation);
        assertThat(TlsFailures.explain(new IOException("wrapped", failure))).isEqualTo(explanation);
    }

    @Test
    void quotesNothingThatWasReceived() {
        assertThat(TlsFailures.explain(new NotSslRecordException("not an SSL/TLS record: 73656372657420")))
                .isEqualTo("the peer does not answer with TLS");
    }

    @Test
    void tellsOfAClosedConnection() {
        assertThat(TlsFailures.explain(new ClosedChannelException()))
                .isEqualTo("the peer closed the connection during the TLS handshake");
        SSLHandshakeException closed =
                new SSLHandshakeException("Connection closed while SSL/TLS handshake was in progress");
        assertThat(TlsFailures.explain(closed)).isEqualTo("the peer closed the connection during the TLS handshake");
    }

    @Test
    void passesOnWhatItDoesNotKnow() {
        assertThat(TlsFailures.explain(new IOException("Connection reset by peer")))
                .isEqualTo("Connection reset by peer");
        assertThat(TlsFailures.explain(new IllegalStateException())).isEqualTo("IllegalStateException");
    }
}

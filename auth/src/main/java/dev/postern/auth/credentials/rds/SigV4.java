package dev.postern.auth.credentials.rds;

import dev.postern.auth.Secret;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AWS Signature Version 4: canonical request, string to sign, derived key (AWS General Reference, "Signing AWS API requests"). */
final class SigV4 {
    static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private SigV4() {}

    static String time(Instant at) {
        return TIME.format(at);
    }

    static String scope(Instant at, String region, String service) {
        return time(at).substring(0, 8) + "/" + region + "/" + service + "/aws4_request";
    }

    /** Names and values encoded as the canonical request wants them, in order of the names. */
    static String query(SortedMap<String, String> parameters) {
        StringJoiner query = new StringJoiner("&");
        parameters.forEach((name, value) -> query.add(encode(name) + "=" + encode(value)));
        return query.toString();
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    /** Header names in lower case. */
    static String signature(
            String method,
            String query,
            SortedMap<String, String> headers,
            byte[] payload,
            Secret secretAccessKey,
            Instant at,
            String region,
            String service) {
        StringBuilder canonical =
                new StringBuilder(method).append("\n/\n").append(query).append('\n');
        for (Map.Entry<String, String> header : headers.entrySet()) {
            canonical
                    .append(header.getKey())
                    .append(':')
                    .append(header.getValue())
                    .append('\n');
        }
        canonical.append('\n').append(signedHeaders(headers)).append('\n').append(hex(sha256(payload)));
        String toSign = ALGORITHM + "\n" + time(at) + "\n" + scope(at, region, service) + "\n"
                + hex(sha256(canonical.toString().getBytes(StandardCharsets.UTF_8)));
        return hex(hmac(key(secretAccessKey, at, region, service), toSign));
    }

    static String signedHeaders(SortedMap<String, String> headers) {
        return String.join(";", headers.keySet());
    }

    private static byte[] key(Secret secretAccessKey, Instant at, String region, String service) {
        byte[] secret = secretAccessKey.copy();
        byte[] prefixed = new byte[secret.length + 4];
        System.arraycopy("AWS4".getBytes(StandardCharsets.US_ASCII), 0, prefixed, 0, 4);
        System.arraycopy(secret, 0, prefixed, 4, secret.length);
        Arrays.fill(secret, (byte) 0);
        byte[] key = hmac(prefixed, time(at).substring(0, 8));
        Arrays.fill(prefixed, (byte) 0);
        return hmac(hmac(hmac(key, region), service), "aws4_request");
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}

package dev.postern.gateway.frontend;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyTLV;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The further fields (TLVs) of a PROXY header of version 2, by type: the private endpoint of a cloud, for example, which AWS
 * sends as 0xEA and Azure as 0xEE. Copied out of the header.
 */
record ProxyFields(Map<Integer, byte[]> byType) {
    static final ProxyFields NONE = new ProxyFields(Map.of());

    private static final int MOST_SHOWN = 64;

    static ProxyFields of(HAProxyMessage header) {
        if (header.tlvs().isEmpty()) {
            return NONE;
        }
        Map<Integer, byte[]> fields = new LinkedHashMap<>();
        for (HAProxyTLV field : header.tlvs()) {
            fields.put(Byte.toUnsignedInt(field.typeByteValue()), ByteBufUtil.getBytes(field.content()));
        }
        return new ProxyFields(fields);
    }

    /** For the log: printable text as it is, the rest as hexadecimal digits; {@code 0xea=...}. */
    String text() {
        StringBuilder text = new StringBuilder();
        byType.forEach((type, value) -> {
            if (!text.isEmpty()) {
                text.append(' ');
            }
            text.append("0x").append(Integer.toHexString(type)).append('=').append(shown(value));
        });
        return text.toString();
    }

    private static String shown(byte[] value) {
        String text = new String(value, StandardCharsets.US_ASCII);
        boolean printable = text.chars().allMatch(c -> c < 127 && c > 32 || c < 4);
        String shown = printable ? text.replaceAll("[\\x00-\\x03]", "") : ByteBufUtil.hexDump(value);
        return shown.length() <= MOST_SHOWN ? shown : shown.substring(0, MOST_SHOWN) + "...";
    }
}

package dev.postern.gateway.logging;

import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.JsonEscapeUtil;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/** One JSON object a line, in which the event's keys are members beside {@code timestamp}, {@code level} and {@code message}. */
final class FlatJsonEncoder extends JsonEncoder {
    FlatJsonEncoder() {
        setWithSequenceNumber(false);
        setWithNanoseconds(false);
        setWithThreadName(false);
        setWithContext(false);
        setWithMarkers(false);
        setWithMDC(false);
        setWithArguments(false);
        setWithMessage(false);
        setWithKVPList(false);
    }

    @Override
    protected void appendCustomFields(StringBuilder out, ILoggingEvent event) {
        append(out, "message", event.getFormattedMessage());
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            pairs.forEach(pair -> append(out, pair.key, pair.value));
        }
    }

    private static void append(StringBuilder out, String key, Object value) {
        out.append(",\"").append(JsonEscapeUtil.jsonEscapeString(key)).append("\":");
        if (value instanceof Integer || value instanceof Long || value instanceof Boolean) {
            out.append(value);
        } else {
            out.append('"')
                    .append(JsonEscapeUtil.jsonEscapeString(String.valueOf(value)))
                    .append('"');
        }
    }
}

package dev.postern.gateway.logging;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/** The event's name; a library's message on one line. */
final class SafeMessage extends ClassicConverter {
    @Override
    public String convert(ILoggingEvent event) {
        return LogText.oneLine(String.valueOf(event.getFormattedMessage()));
    }
}

package dev.postern.gateway.logging;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.stream.Collectors;

/** A stack trace in which each line begins with a tab: an exception's message may have lines of its own. */
final class IndentedStackTrace extends ThrowableProxyConverter {
    @Override
    public String convert(ILoggingEvent event) {
        String trace = super.convert(event);
        return trace.isEmpty()
                ? ""
                : trace.lines()
                        .map(line -> "\t" + LogText.oneLine(line.strip()) + System.lineSeparator())
                        .collect(Collectors.joining());
    }
}

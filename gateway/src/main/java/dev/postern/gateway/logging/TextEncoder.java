package dev.postern.gateway.logging;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;

/** One line for each event, {@code time LEVEL event key=value ...}; a stack trace follows on lines that begin with a tab. */
final class TextEncoder extends LayoutWrappingEncoder<ILoggingEvent> {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%kvp%n%ex";

    @Override
    public void start() {
        PatternLayout pattern = new PatternLayout();
        pattern.getInstanceConverterMap().put("msg", SafeMessage::new);
        pattern.getInstanceConverterMap().put("kvp", KeyValues::new);
        pattern.getInstanceConverterMap().put("ex", IndentedStackTrace::new);
        pattern.setContext(getContext());
        pattern.setPattern(PATTERN);
        pattern.start();
        setLayout(pattern);
        super.start();
    }
}

package dev.postern.gateway.logging;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.postern.gateway.config.LoggingConfig;
import dev.postern.gateway.config.LoggingConfig.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.LoggerFactory;

/**
 * The log on standard error. It is written by a thread of its own: an event loop that logs does not wait for whoever reads
 * the other end. When that one is far behind, events below WARN are dropped, and counted ({@link LogQueue}).
 */
public final class LogOutput {
    static final LoggingConfig AT_START = new LoggingConfig(LoggingConfig.Level.INFO, Format.TEXT);

    private static final String OURS = "dev.postern";
    private static final String AUDIT = "dev.postern.audit";
    private static final String AUDIT_APPENDER = "audit ";
    private static final int QUEUE = 8192;
    private static final int MOST_FLUSH_MILLIS = 2000;

    /** Events that were dropped since the start, of the log and of the audit file. */
    private static final LongAdder LOG_DROPPED = new LongAdder();

    private static final LongAdder AUDIT_DROPPED = new LongAdder();

    private LogOutput() {}

    /** Events since the start that whoever reads was too slow for; by {@code log} and {@code audit}, its own file. */
    public static Map<String, Long> dropped() {
        return Map.of("log", LOG_DROPPED.sum(), "audit", AUDIT_DROPPED.sum());
    }

    /**
     * Puts level and format in force. An operator who configures Logback on his own ({@code -Dlogback.configurationFile})
     * keeps his configuration; the audit file is written all the same.
     */
    public static void apply(LoggingConfig config) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            audit(context, config);
            if (isOurs(context)) {
                install(context, config);
            }
        }
    }

    private static boolean isOurs(LoggerContext context) {
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        for (Format format : Format.values()) {
            if (root.getAppender(name(format)) != null) {
                return true;
            }
        }
        return false;
    }

    static void install(LoggerContext context, LoggingConfig config) {
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        if (root.getAppender(name(config.format())) == null) {
            root.addAppender(appender(context, config.format()));
        }
        for (Format other : Format.values()) {
            var appender = root.getAppender(name(other));
            if (other != config.format() && appender != null) {
                root.detachAppender(appender);
                appender.stop();
            }
        }
        Level level = Level.toLevel(config.level().name());
        context.getLogger(OURS).setLevel(level);
        root.setLevel(level.isGreaterOrEqual(Level.WARN) ? level : Level.WARN); // libraries speak of every buffer
    }

    private static String name(Format format) {
        return "postern-" + format.name().toLowerCase(Locale.ROOT);
    }

    /** Logins and refusals also go to a file of their own; from the general log they may then be kept out by its level. */
    private static void audit(LoggerContext context, LoggingConfig config) {
        Logger audit = context.getLogger(AUDIT);
        String wanted = config.auditFile().map(file -> AUDIT_APPENDER + file).orElse("");
        List<Appender<ILoggingEvent>> before = new ArrayList<>();
        audit.iteratorForAppenders().forEachRemaining(before::add);
        before.removeIf(appender -> !String.valueOf(appender.getName()).startsWith(AUDIT_APPENDER));
        if (wanted.isEmpty() && before.isEmpty() || before.stream().anyMatch(old -> wanted.equals(old.getName()))) {
            return; // an operator's own appenders are left alone
        }
        before.forEach(old -> {
            audit.detachAppender(old);
            old.stop();
        });
        audit.setLevel(wanted.isEmpty() ? null : Level.INFO);
        audit.setAdditive(wanted.isEmpty() || config.level().ordinal() >= LoggingConfig.Level.INFO.ordinal());
        config.auditFile().ifPresent(file -> {
            FileAppender<ILoggingEvent> appender = new FileAppender<>();
            appender.setContext(context);
            appender.setName("audit");
            appender.setFile(file);
            appender.setEncoder(encoder(context, Format.JSON));
            appender.start();
            AsyncAppender queue = queue(context, wanted, appender, AUDIT_DROPPED);
            queue.setDiscardingThreshold(0); // there is nothing above INFO to keep room for
            audit.addAppender(queue);
        });
    }

    private static AsyncAppender appender(LoggerContext context, Format format) {
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setName("stderr");
        console.setTarget("System.err");
        console.setEncoder(encoder(context, format));
        console.start();
        return queue(context, name(format), console, LOG_DROPPED);
    }

    static AsyncAppender queue(LoggerContext context, String name, Appender<ILoggingEvent> to, LongAdder dropped) {
        AsyncAppender queue = new LogQueue(context.getLogger(LogQueue.class), dropped);
        queue.setContext(context);
        queue.setName(name);
        queue.setQueueSize(QUEUE);
        queue.setNeverBlock(true);
        queue.setMaxFlushTime(MOST_FLUSH_MILLIS);
        queue.addAppender(to);
        queue.start();
        return queue;
    }

    static Encoder<ILoggingEvent> encoder(LoggerContext context, Format format) {
        Encoder<ILoggingEvent> encoder = switch (format) {
            case TEXT -> new TextEncoder();
            case JSON -> new FlatJsonEncoder();
        };
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }
}

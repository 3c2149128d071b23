package dev.postern.gateway.it.harness;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.ResourceLeakDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** Listens for what no scenario expects: errors in the log, and buffers that nobody released. */
final class Watchdogs {
    private static final Queue<String> ERRORS = new ConcurrentLinkedQueue<>();
    private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
    private static boolean installed;

    private Watchdogs() {}

    static synchronized void install() {
        if (installed) {
            return;
        }
        installed = true;
        if (System.getProperty("io.netty.leakDetection.level") == null) { // as a development environment runs tests
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        }
        ByteBufUtil.setLeakListener((type, records) -> LEAKS.add(type + " leaked, last seen at " + ours(records)));
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ErrorCollector collector = new ErrorCollector();
        collector.setContext(root.getLoggerContext());
        collector.start();
        root.addAppender(collector);
    }

    /** The frames of this product among the records: the rest is Netty's own. */
    private static String ours(String records) {
        return records.lines()
                .filter(line -> line.contains("dev.postern"))
                .toList()
                .toString();
    }

    /** Reports and forgets what was heard since the last call. */
    static void assertQuiet() {
        List<String> heard = new ArrayList<>();
        for (String error = ERRORS.poll(); error != null; error = ERRORS.poll()) {
            heard.add(error);
        }
        for (String leak = LEAKS.poll(); leak != null; leak = LEAKS.poll()) {
            heard.add(leak);
        }
        assertThat(heard).as("errors in the log and leaked buffers").isEmpty();
    }

    private static final class ErrorCollector extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            // Leaks come by their own listener.
            if (event.getLevel().isGreaterOrEqual(Level.ERROR)
                    && !event.getLoggerName().endsWith("ResourceLeakDetector")) {
                ERRORS.add(event.getLoggerName() + ": " + event.getFormattedMessage() + " " + event.getKeyValuePairs()
                        + " "
                        + (event.getThrowableProxy() == null
                                ? ""
                                : event.getThrowableProxy().getClassName() + ": "
                                        + event.getThrowableProxy().getMessage()));
            }
        }
    }
}

package dev.postern.gateway.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import dev.postern.gateway.config.LoggingConfig;
import dev.postern.gateway.config.LoggingConfig.Format;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class LogOutputTest {
    private final LoggerContext context = new LoggerContext();

    {
        context.setMDCAdapter(new LogbackMDCAdapter());
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void writesOneLineOfKeysAndValues() {
        assertThat(text(
                        "client_login",
                        new KeyValuePair("client", "127.0.0.1:4711"),
                        new KeyValuePair("user", "app"),
                        new KeyValuePair("database", "my orders"),
                        new KeyValuePair("route", ""),
                        new KeyValuePair("pid", 4711)))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\S+ INFO  client_login"
                        + " client=127\\.0\\.0\\.1:4711 user=app database=\"my orders\" route=\"\" pid=4711\n");
    }

    @Test
    void letsNoValueForgeALine() {
        String hostile = "x\n2026-11-22T00:00:00.000Z INFO  client_login user=\"admin\"\r\u2028\u0085\u202e\u001b[2J\\";
        String text = text("client_refused", new KeyValuePair("user", hostile), new KeyValuePair("route", "orders"));
        assertThat(text)
                .endsWith(" user=\"x\\n2026-11-22T00:00:00.000Z INFO  client_login user=\\\"admin\\\"\\r\\u2028\\u0085"
                        + "\\u202e\\u001b[2J\\\\\" route=orders\n");
        assertThat(text.lines()).hasSize(1);
    }

    @Test
    void letsNoValueForgeAKey() {
        assertThat(text("client_refused", new KeyValuePair("user", "a route=b"), new KeyValuePair("route", "c=d")))
                .endsWith(" user=\"a route=b\" route=\"c=d\"\n");
    }

    @Test
    void indentsAStackTraceWithAllLinesOfItsMessage() {
        LoggingEvent event = event("login_error", new IllegalStateException("one\n2026 INFO  two"));
        String text = encoded(Format.TEXT, event);
        assertThat(text.lines().skip(1)).isNotEmpty().allMatch(line -> line.startsWith("\t"));
        assertThat(text).contains("\tjava.lang.IllegalStateException: one\n\t2026 INFO  two\n\tat ");
    }

    @Test
    void keepsALibrarysMessageOnOneLine() {
        assertThat(text("one\ntwo")).endsWith(" one\\ntwo\n");
    }

    @Test
    void writesAJsonObjectALine() {
        LoggingEvent event = event("client_login", null);
        event.setKeyValuePairs(List.of(
                new KeyValuePair("user", "a\"b\\c\n"), new KeyValuePair("pid", 4711), new KeyValuePair("tls", true)));
        assertThat(encoded(Format.JSON, event))
                .matches("\\{\"timestamp\":\\d+,\"level\":\"INFO\",\"loggerName\":\"dev\\.postern\\.test\""
                        + "(,\"throwable\":null)?,\"message\":\"client_login\",\"user\":\"a\\\\\"b\\\\\\\\c\\\\n\","
                        + "\"pid\":4711,\"tls\":true\\}\n");
    }

    @Test
    void writesAnExceptionAsJson() {
        assertThat(encoded(Format.JSON, event("session_error", new IllegalStateException("one\ntwo"))))
                .contains("\"throwable\":{\"className\":\"java.lang.IllegalStateException\",\"message\":\"one\\ntwo\"")
                .endsWith(",\"message\":\"session_error\"}\n")
                .satisfies(line -> assertThat(line.lines()).hasSize(1));
    }

    @Test
    void changesLevelAndFormatAtAReload() {
        LogOutput.install(context, LogOutput.AT_START);
        assertThat(appenders()).containsExactly("postern-text");
        LogOutput.install(context, new LoggingConfig(LoggingConfig.Level.DEBUG, Format.JSON));
        assertThat(appenders()).containsExactly("postern-json");
        assertThat(context.getLogger("dev.postern.audit").getEffectiveLevel()).isEqualTo(Level.DEBUG);
        assertThat(context.getLogger("io.netty").getEffectiveLevel()).isEqualTo(Level.WARN);
        LogOutput.install(context, new LoggingConfig(LoggingConfig.Level.ERROR, Format.JSON));
        assertThat(appenders()).containsExactly("postern-json");
        assertThat(context.getLogger("dev.postern.audit").getEffectiveLevel()).isEqualTo(Level.ERROR);
        assertThat(context.getLogger("io.netty").getEffectiveLevel()).isEqualTo(Level.ERROR);
    }

    private List<String> appenders() {
        List<String> names = new ArrayList<>();
        context.getLogger(Logger.ROOT_LOGGER_NAME)
                .iteratorForAppenders()
                .forEachRemaining((Appender<ILoggingEvent> appender) -> names.add(appender.getName()));
        return names;
    }

    private String text(String message, KeyValuePair... pairs) {
        LoggingEvent event = event(message, null);
        event.setKeyValuePairs(List.of(pairs));
        return encoded(Format.TEXT, event);
    }

    private LoggingEvent event(String message, @Nullable Throwable thrown) {
        return new LoggingEvent(
                LogOutputTest.class.getName(),
                context.getLogger("dev.postern.test"),
                Level.INFO,
                message,
                thrown,
                new Object[0]);
    }

    private String encoded(Format format, ILoggingEvent event) {
        Encoder<ILoggingEvent> encoder = LogOutput.encoder(context, format);
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void countsWhatItDropsAndTellsOfIt() throws InterruptedException {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch reads = new CountDownLatch(1);
        List<String> written = Collections.synchronizedList(new ArrayList<>());
        AppenderBase<ILoggingEvent> slow = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                busy.countDown();
                try {
                    reads.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                written.add(event.getMessage() + event.getKeyValuePairs());
            }
        };
        slow.setContext(context);
        slow.start();
        LongAdder dropped = new LongAdder();
        AsyncAppender queue = LogOutput.queue(context, "queue", slow, dropped);
        queue.setDiscardingThreshold(0);
        Logger logger = context.getLogger("test");
        logger.addAppender(queue);
        logger.info("first");
        busy.await(); // the thread that writes has this one, and comes back for no other
        int sent = queue.getQueueSize() + 500;
        for (int i = 0; i < sent; i++) {
            logger.info("flood");
        }
        assertThat(dropped.sum()).isEqualTo(500);
        reads.countDown();
        while (queue.getNumberOfElementsInQueue() > 0) {
            Thread.onSpinWait();
        }
        logger.info("later");
        queue.stop();
        assertThat(written).hasSize(queue.getQueueSize() + 3);
        assertThat(written.get(written.size() - 2)).isEqualTo("log_events_dropped[events=\"" + dropped.sum() + "\"]");
        assertThat(written.getLast()).startsWith("later");
    }
}

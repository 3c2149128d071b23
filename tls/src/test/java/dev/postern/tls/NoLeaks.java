package dev.postern.tls;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Fails a test class that lost a buffer, an engine or a context: Netty reports one that was collected without having been
 * released, at the next time it makes one of the same kind.
 */
final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
    private static final String REPORTS = "io.netty.util.ResourceLeakDetector";
    private static final int ROUNDS = 5;

    private final ListAppender<ILoggingEvent> reports = new ListAppender<>();

    @Override
    public void beforeAll(ExtensionContext context) {
        if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
            throw new IllegalStateException("run with -Dio.netty.leakDetection.level=paranoid");
        }
        reports.start();
        Logger logger = (Logger) LoggerFactory.getLogger(REPORTS);
        logger.addAppender(reports);
        logger.setAdditive(false);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            System.gc();
            makeOneOfEach();
        }
        Logger logger = (Logger) LoggerFactory.getLogger(REPORTS);
        logger.detachAppender(reports);
        logger.setAdditive(true);
        List<String> leaks = reports.list.stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(text -> text.startsWith("LEAK"))
                .toList();
        if (!leaks.isEmpty()) {
            throw new AssertionError(leaks.size() + " leaks, the first: " + leaks.getFirst());
        }
    }

    private static void makeOneOfEach() throws Exception {
        PooledByteBufAllocator.DEFAULT.directBuffer().release();
        ByteBufAllocator.DEFAULT.directBuffer().release();
        var tls = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .build();
        SSLEngine engine = tls.newEngine(ByteBufAllocator.DEFAULT);
        ReferenceCountUtil.release(engine);
        ReferenceCountUtil.release(tls);
    }
}

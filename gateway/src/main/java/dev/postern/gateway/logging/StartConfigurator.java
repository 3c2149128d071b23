package dev.postern.gateway.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * The log before a configuration is read: text at INFO. Logback asks it before it looks for files of its own; where there
 * is one, it is left alone. In code, because reading XML costs a start more than all the rest of logging.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_LOW_PRIORITY)
public final class StartConfigurator extends ContextAwareBase implements Configurator {
    private static final String FILE_PROPERTY = "logback.configurationFile";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ClassLoader classes = StartConfigurator.class.getClassLoader();
        if (System.getProperty(FILE_PROPERTY) != null
                || classes.getResource("logback-test.xml") != null
                || classes.getResource("logback.xml") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        LogOutput.install(context, LogOutput.AT_START);
        Runtime.getRuntime().addShutdownHook(new Thread(context::stop, "log-flush"));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}

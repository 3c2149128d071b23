package dev.postern.gateway.admin;

import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@code /metrics}: the gateway's own numbers from one report, and the JVM's from Micrometer. Routes come and
 * go, so that nothing is registered for them: each scrape lists what there is. Used by several threads.
 */
final class Metrics {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final GatewayPort gateway;
    /** Made with the first scrape: a gateway that nobody scrapes does not pay for it. Guarded by this. */
    private @Nullable PrometheusMeterRegistry registry;

    Metrics(GatewayPort gateway) {
        this.gateway = gateway;
    }

    byte[] scrape() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        registry().scrape(out, CONTENT_TYPE);
        return out.toByteArray();
    }

    private synchronized PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry known = registry;
        if (known == null) {
            known = newRegistry();
            registry = known;
        }
        return known;
    }

    private PrometheusMeterRegistry newRegistry() {
        PrometheusMeterRegistry made = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        MultiCollector own = () -> ReportMetrics.of(gateway.report());
        made.getPrometheusRegistry().register(own);
        new JvmMemoryMetrics().bindTo(made);
        new JvmThreadMetrics().bindTo(made);
        new ProcessorMetrics().bindTo(made);
        new FileDescriptorMetrics().bindTo(made);
        new UptimeMetrics().bindTo(made);
        return made;
    }
}

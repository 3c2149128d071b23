package dev.postern.gateway.admin;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The values of one scrape, gathered metric by metric: Prometheus wants all values of a metric together. */
final class Samples {
    private static final double NANOS = 1e9;
    private static final double MILLIS = 1e3;

    private final Map<Metric, List<Sample>> samples = new EnumMap<>(Metric.class);

    private record Sample(Labels labels, double value) {}

    void add(Metric metric, Labels labels, double value) {
        samples.computeIfAbsent(metric, m -> new ArrayList<>()).add(new Sample(labels, value));
    }

    void add(Metric metric, double value) {
        add(metric, Labels.EMPTY, value);
    }

    void addNanos(Metric metric, Labels labels, long nanos) {
        add(metric, labels, nanos / NANOS);
    }

    void add(Metric metric, Labels labels, Duration duration) {
        addNanos(metric, labels, duration.toNanos());
    }

    void add(Metric metric, Labels labels, Instant moment) {
        add(metric, labels, moment.toEpochMilli() / MILLIS);
    }

    MetricSnapshots snapshots() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        samples.forEach((metric, values) -> all.metricSnapshot(snapshot(metric, values)));
        return all.build();
    }

    private static MetricSnapshot snapshot(Metric metric, List<Sample> values) {
        return switch (metric.kind()) {
            case GAUGE -> {
                GaugeSnapshot.Builder gauge =
                        GaugeSnapshot.builder().name(metric.base()).help(metric.help());
                values.forEach(
                        sample -> gauge.dataPoint(new GaugeDataPointSnapshot(sample.value(), sample.labels(), null)));
                yield gauge.build();
            }
            case COUNTER -> {
                CounterSnapshot.Builder counter =
                        CounterSnapshot.builder().name(metric.base()).help(metric.help());
                values.forEach(sample ->
                        counter.dataPoint(new CounterDataPointSnapshot(sample.value(), sample.labels(), null, 0L)));
                yield counter.build();
            }
        };
    }
}

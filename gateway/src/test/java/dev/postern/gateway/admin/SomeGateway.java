package dev.postern.gateway.admin;

import java.util.List;
import java.util.Optional;

/** A gateway that is as the test says. */
final class SomeGateway implements GatewayPort {
    volatile GatewayReport report;
    volatile boolean mayQuit;
    volatile int quits;

    SomeGateway(GatewayReport report) {
        this.report = report;
    }

    @Override
    public Optional<String> notReady() {
        return report.notReady();
    }

    @Override
    public List<LoopReport> loops() {
        return report.loops();
    }

    @Override
    public GatewayReport report() {
        return report;
    }

    @Override
    public boolean mayQuit() {
        return mayQuit;
    }

    @Override
    public synchronized void quit() {
        quits++;
    }
}

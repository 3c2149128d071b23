package dev.postern.gateway.it.harness;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a scenario that leaves something behind in the shared gateway. */
public final class CleanAfterEach implements AfterEachCallback {
    @Override
    public void afterEach(ExtensionContext context) {
        GatewayFixture.shared().assertClean();
    }
}

package dev.postern.gateway.it.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Scenarios of the class it stands at run on a real Vault, whose binary {@code VAULT_BIN} names; without it they are skipped, and say so. */
public final class OnRealVault implements ExecutionCondition, BeforeAllCallback, AfterAllCallback {
    private static int depth;

    /** Whether new worlds have a real Vault. Tests run one after another. */
    static synchronized boolean isOn() {
        return depth > 0;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        String binary = System.getenv("VAULT_BIN");
        return binary != null && Files.isExecutable(Path.of(binary))
                ? ConditionEvaluationResult.enabled("on " + binary)
                : ConditionEvaluationResult.disabled(
                        "VAULT_BIN does not name a binary of Vault or OpenBao: scripts/vault-real");
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        synchronized (OnRealVault.class) {
            depth++;
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        synchronized (OnRealVault.class) {
            depth--;
        }
    }
}

package dev.postern.gateway.it.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIf;

/** The scenarios of the class start gateways of their own. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIf(
        value = "dev.postern.gateway.it.harness.GatewayFixture#available",
        disabledReason = "the data plane cannot be started yet")
public @interface RequiresGateway {}

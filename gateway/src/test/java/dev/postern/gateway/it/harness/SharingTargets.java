package dev.postern.gateway.it.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Those whose clients can share one server connection (see {@link dev.postern.gateway.it.harness.Target#oneServer}): PostgreSQL itself and transaction mode. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}")
@MethodSource("dev.postern.gateway.it.harness.Targets#sharing")
public @interface SharingTargets {}

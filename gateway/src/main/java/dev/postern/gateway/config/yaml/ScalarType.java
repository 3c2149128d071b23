package dev.postern.gateway.config.yaml;

import java.util.function.Function;

/**
 * A type that is written as one scalar.
 *
 * @param expected completes "expected: ..."
 * @param parse throws {@link IllegalArgumentException} whose message goes on from the value: "has no unit"
 * @param placeholder stands in for a value that had a problem, so that the rest can be checked
 */
public record ScalarType<T>(Class<T> type, String expected, Function<String, T> parse, T placeholder) {}

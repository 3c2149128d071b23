package dev.postern.gateway.admin;

import java.time.Duration;

/**
 * How an event loop keeps up.
 *
 * @param number from 0
 * @param silence since it last ran its periodic work
 * @param lag the latest it was with that work in the last half minute
 */
public record LoopReport(int number, Duration silence, Duration lag) {}

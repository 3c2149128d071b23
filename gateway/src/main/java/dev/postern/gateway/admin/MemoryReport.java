package dev.postern.gateway.admin;

/**
 * Memory, in bytes.
 *
 * @param buffers what the network buffers hold outside of the heap
 * @param statements what prepared statements take
 * @param statementsLimit {@code limits.maxStatementMemory}; 0: none
 */
public record MemoryReport(long buffers, long statements, long statementsLimit) {}

/**
 * PostgreSQL's wire protocol 3: messages, codec, limits and SQLSTATEs; the only place that knows bytes. It uses no other
 * package of the gateway, and holds no state and no buffer: {@code decode} gives messages whose {@code ByteBuf} components
 * are views of the given buffer (not retained, valid as long as it is), {@code encode} copies, and nothing here releases.
 */
@NullMarked
package dev.postern.gateway.protocol;

import org.jspecify.annotations.NullMarked;

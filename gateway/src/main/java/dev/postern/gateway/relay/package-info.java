/**
 * Bytes between a linked client and server: where messages begin, what is in flight, where a transaction ends, and whose
 * prepared statements and settings are on which server. Frames stay opaque except for the few that a named need reads.
 */
@NullMarked
package dev.postern.gateway.relay;

import org.jspecify.annotations.NullMarked;
